package dev.parley.gateway.embedded;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only root can try: PostgreSQL refuses to run as root, and runs all the same. */
@ResourceLock(Lanes.OWN)
@Timeout(60)
class RootIntegrationTests {

    private static DataDirectories directories;

    @BeforeAll
    static void prepare() throws IOException {
        assumeThat(new UnixSystem().getUid()).as("only root has the choice").isZero();
        directories = DataDirectories.create();
    }

    @AfterAll
    static void tidyUp() {
        if (directories != null) {
            directories.close();
        }
    }

    @Test
    void runsAsNobodyFromTheFirstStartOn() throws Exception {
        Path directory = directories.unpacked("nobody");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, 5,
                RootIntegrationTests::withoutNamespaces)) {
            assertThat(uid(Path.of("/proc/" + postgres.process().pid()))).isNotZero();
            assertThat(uid(directory.resolve("pg18/parley.password"))).isNotZero();
            new Database(postgres).run("create table words as select 'kept' as word");
        }
    }

    @Test
    void rowsSurviveAChangeOfTheUserToAndFro() throws Exception {
        Path directory = directories.used("changing");
        boolean namespaces = ServerUser.choose(directory) instanceof ServerUser.Namespaced;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            new Database(postgres).run("create table words as select 'kept' as word");
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, 5,
                RootIntegrationTests::withoutNamespaces)) {
            assertThat(new Database(postgres).ask("select word from words")).isEqualTo("kept");
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(directory)) {
            assertThat(new Database(postgres).ask("select word from words")).isEqualTo("kept");
            assertThat(uid(Path.of("/proc/" + postgres.process().pid())) == 0).isEqualTo(namespaces);
        }
    }

    private static ServerUser withoutNamespaces(Path directory) throws IOException {
        Predicate<List<String>> runs = ServerUser::runs;
        return ServerUser.forRoot(directory, runs.and(command -> !command.contains("unshare")));
    }

    private static int uid(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:uid");
    }
}
