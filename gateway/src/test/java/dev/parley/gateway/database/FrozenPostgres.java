package dev.parley.gateway.database;

import dev.parley.gateway.TestDatabase;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/**
 * Stops all processes of the tests' PostgreSQL where they are for a while. The kernel goes on taking connections and bytes
 * for it, so from outside it looks as if it were only slow.
 */
final class FrozenPostgres {

    private FrozenPostgres() {}

    static void during(Executable work) throws Throwable {
        ProcessHandle postmaster = TestDatabase.postgres().process();
        // The postmaster first, else it could start another process meanwhile.
        signal("STOP", postmaster);
        List<ProcessHandle> processes = Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        try {
            for (ProcessHandle process : processes) {
                signal("STOP", process);
            }
            work.execute();
        } finally {
            for (ProcessHandle process : processes) {
                signal("CONT", process);
            }
        }
    }

    private static void signal(String name, ProcessHandle process) throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).inheritIO().start().waitFor();
    }
}
