package dev.parley.gateway.embedded;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How PostgreSQL is told to stop. Java itself can only send SIGTERM, which waits for all clients to leave. */
enum Signal {

    /** Breaks off what runs, and leaves a clean data directory. */
    FAST_SHUTDOWN("INT"),
    /** Leaves at once; the next start recovers from the write-ahead log. */
    IMMEDIATE_SHUTDOWN("QUIT");

    private final String name;

    Signal(String name) {
        this.name = name;
    }

    /** Whether the process has ended within the limit. */
    boolean sendAndAwait(ProcessHandle process, Duration limit) throws IOException {
        if (process.isAlive()) {
            Command.run(List.of("sh", "-c", "kill -s " + name + " " + process.pid()));
        }
        long begin = System.nanoTime();
        try {
            // Not onExit(): of a process that is no child it takes notice late.
            while (process.isAlive() && System.nanoTime() - begin < limit.toNanos()) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !process.isAlive();
    }
}
