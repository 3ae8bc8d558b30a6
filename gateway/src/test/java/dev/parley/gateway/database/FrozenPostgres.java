package dev.parley.gateway.database;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/**
 * Stops all processes of a PostgreSQL where they are for a while. The kernel goes on taking connections and bytes
 * for it, so from outside it looks as if it were only slow.
 */
public final class FrozenPostgres implements AutoCloseable {

    private final List<ProcessHandle> processes;

    private FrozenPostgres(List<ProcessHandle> processes) {
        this.processes = processes;
    }

    /** Until it is closed. */
    public static FrozenPostgres freeze(EmbeddedPostgres server) throws IOException {
        ProcessHandle postmaster = server.process();
        // The postmaster first, else it could start another process meanwhile.
        signal("STOP", postmaster);
        List<ProcessHandle> processes = Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        for (ProcessHandle process : processes) {
            signal("STOP", process);
        }
        return new FrozenPostgres(processes);
    }

    /** The one that tests share. */
    static void during(Executable work) throws Throwable {
        try (FrozenPostgres _ = freeze(TestDatabase.postgres())) {
            work.execute();
        }
    }

    @Override
    public void close() throws IOException {
        for (ProcessHandle process : processes) {
            signal("CONT", process);
        }
    }

    private static void signal(String name, ProcessHandle process) throws IOException {
        try {
            new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).inheritIO().start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
