package dev.parley.gateway.embedded;

import com.sun.security.auth.module.UnixSystem;
import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Who PostgreSQL runs as. It refuses to run as root, so a gateway that does (as in many containers) has to hide it or to
 * use another user. {@link #choose} decides.
 */
sealed interface ServerUser {

    /** The program and arguments that run {@code command} as this user, in the same process. */
    List<String> command(List<String> command);

    /** Makes this user the owner of a directory and all that is in it. */
    void own(Path directory) throws IOException;

    /** The gateway is an ordinary user, and so is its PostgreSQL. */
    record Ourselves() implements ServerUser {

        @Override
        public List<String> command(List<String> command) {
            return command;
        }

        @Override
        public void own(Path directory) {
            // It is ours already; where it is not, PostgreSQL says so.
        }
    }

    /** Root in a user namespace without a mapping: there it looks like nobody, and the files stay root's. */
    record Namespaced() implements ServerUser {

        @Override
        public List<String> command(List<String> command) {
            return prefixed(List.of("unshare", "-U"), command);
        }

        @Override
        public void own(Path directory) throws IOException {
            Directories.chown(directory, 0, 0);
        }
    }

    /** Another user altogether, for root where user namespaces are refused. */
    record Unprivileged(int uid, int gid) implements ServerUser {

        @Override
        public List<String> command(List<String> command) {
            return prefixed(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups"), command);
        }

        @Override
        public void own(Path directory) throws IOException {
            Directories.chown(directory, uid, gid);
        }
    }

    /** Decides for the user that this process runs as; {@code dataDirectory} is what PostgreSQL must be able to reach. */
    static ServerUser choose(Path dataDirectory) throws IOException {
        return new UnixSystem().getUid() == 0 ? forRoot(dataDirectory, ServerUser::runs) : new Ourselves();
    }

    /** Decides for root. {@code runs} says whether a command can be run successfully on this machine. */
    static ServerUser forRoot(Path dataDirectory, Predicate<List<String>> runs) throws IOException {
        Namespaced namespaced = new Namespaced();
        if (runs.test(namespaced.command(List.of("true")))) {
            return namespaced;
        }
        Unprivileged nobody = nobody();
        if (!runs.test(nobody.command(List.of("true")))) {
            throw new StartException(
                    "PostgreSQL does not run as root, and neither user namespaces (unshare -U)"
                            + " nor another user (setpriv) can be used here: run Parley as an ordinary user, or set PARLEY_DATABASE_URL");
        }
        // Its own directory is below ours, whose files are readable for their owner only.
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(dataDirectory);
        if (permissions.add(PosixFilePermission.OTHERS_EXECUTE)) {
            Files.setPosixFilePermissions(dataDirectory, permissions);
        }
        if (!runs.test(nobody.command(List.of("sh", "-c", "cd \"$0\"", dataDirectory.toString())))) {
            throw new StartException("PostgreSQL does not run as root, and the user nobody cannot reach "
                    + dataDirectory
                    + ": choose another place with PARLEY_DATA_DIR, run Parley as an ordinary user, or set"
                    + " PARLEY_DATABASE_URL");
        }
        return nobody;
    }

    private static Unprivileged nobody() throws IOException {
        Path users = Path.of("/etc/passwd");
        try (Stream<String> lines = Files.exists(users) ? Files.lines(users) : Stream.empty()) {
            return lines.map(line -> line.split(":", -1))
                    .filter(fields -> fields[0].equals("nobody") && fields.length > 3)
                    .map(fields -> new Unprivileged(Integer.parseInt(fields[2]), Integer.parseInt(fields[3])))
                    .findFirst()
                    .orElseThrow(
                            () -> new StartException("PostgreSQL does not run as root, and there is no user"
                                    + " nobody to run it: run Parley as an ordinary user, or set PARLEY_DATABASE_URL"));
        }
    }

    /** Whether a command can be run successfully here. */
    static boolean runs(List<String> command) {
        try {
            return Command.run(command).succeeded();
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> prefixed(List<String> prefix, List<String> command) {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(command);
        return List.copyOf(whole);
    }
}
