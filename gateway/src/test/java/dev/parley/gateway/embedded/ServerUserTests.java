package dev.parley.gateway.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerUserTests {

    @TempDir
    Path directory;

    @Test
    void rootHidesInAUserNamespaceWhereItMay() throws IOException {
        ServerUser user = ServerUser.forRoot(directory, command -> true);

        assertThat(user).isInstanceOf(ServerUser.Namespaced.class);
        assertThat(user.command(List.of("postgres", "-D", "data"))).containsExactly("unshare", "-U", "postgres", "-D",
                "data");
    }

    @Test
    void rootUsesNobodyWhereUserNamespacesAreRefused() throws IOException {
        ServerUser user = ServerUser.forRoot(directory, without("unshare"));

        assertThat(user).isInstanceOf(ServerUser.Unprivileged.class);
        assertThat(user.command(List.of("postgres"))).startsWith("setpriv").contains("--clear-groups")
                .endsWith("postgres");
    }

    @Test
    void nobodyMayPassThroughTheDataDirectoryButNotLookIntoIt() throws IOException {
        ServerUser.forRoot(directory, without("unshare"));

        assertThat(Files.getPosixFilePermissions(directory)).contains(PosixFilePermission.OTHERS_EXECUTE)
                .doesNotContain(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);
    }

    @Test
    void rootIsToldWhatToDoWhereNothingWorks() {
        refused(command -> false, "run Parley as an ordinary user, or set PARLEY_DATABASE_URL");
    }

    @Test
    void rootIsToldWhenNobodyCannotReachTheDataDirectory() {
        refused(without("unshare").and(without("sh")), "the user nobody cannot reach " + directory);
    }

    private void refused(Predicate<List<String>> runs, String said) {
        assertThatExceptionOfType(StartException.class).isThrownBy(() -> ServerUser.forRoot(directory, runs))
                .withMessageContaining(said).withMessageNotContaining("\n");
    }

    private static Predicate<List<String>> without(String program) {
        return command -> !command.contains(program);
    }
}
