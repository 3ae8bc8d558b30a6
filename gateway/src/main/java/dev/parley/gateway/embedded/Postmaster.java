package dev.parley.gateway.embedded;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running server, a child of this process. */
final class Postmaster {

    static final String HOST = "127.0.0.1";

    private static final Logger log = LoggerFactory.getLogger(Postmaster.class);
    /** Long enough for the recovery of a write-ahead log of the largest size that is kept. */
    private static final Duration START = Duration.ofMinutes(2);
    /** How long the last processes of a server that was killed may take to notice it. */
    private static final Duration RELEASE = Duration.ofSeconds(15);
    private static final Duration FAST = Duration.ofSeconds(10);
    private static final Duration IMMEDIATE = Duration.ofSeconds(5);
    private static final int PORTS_TRIED = 5;

    private final Process process;
    private final ServerLog output;
    private final int port;

    private Postmaster(Process process, ServerLog output, int port) {
        this.process = process;
        this.output = output;
        this.port = port;
    }

    int port() {
        return port;
    }

    ProcessHandle process() {
        return process.toHandle();
    }

    /**
     * Starts the server and waits until it takes connections.
     *
     * @param stranger a process that {@code postmaster.pid} names and that is no PostgreSQL of this cluster
     */
    static Postmaster start(Path cluster, PostgresBinaries binaries, ServerUser user, Optional<Long> stranger)
            throws IOException, InterruptedException {
        long begin = System.nanoTime();
        int ports = 1;
        while (true) {
            Postmaster postmaster = launch(cluster, binaries, user, stranger);
            try {
                if (postmaster.awaitReady(cluster)) {
                    postmaster.output.serving(true);
                    return postmaster;
                }
            } catch (IOException | InterruptedException | RuntimeException e) {
                postmaster.stop();
                throw e;
            }
            List<String> lines = postmaster.output.lines();
            boolean portTaken = mentions(lines, "could not create any TCP/IP sockets") && ports++ < PORTS_TRIED;
            boolean memoryHeld = mentions(lines, "pre-existing shared memory block")
                    && System.nanoTime() - begin < RELEASE.toNanos();
            if (!portTaken && !memoryHeld) {
                lines.forEach(log::error);
                throw new EmbeddedPostgresException("The embedded PostgreSQL in " + cluster + " does not start: "
                        + lines.stream().filter(line -> line.startsWith("FATAL:") || line.startsWith("PANIC:"))
                                .findFirst()
                                .orElse(lines.isEmpty() ? "it says nothing" : lines.getLast()));
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static Postmaster launch(Path cluster, PostgresBinaries binaries, ServerUser user, Optional<Long> stranger)
            throws IOException {
        int port = freePort();
        ProcessBuilder builder = Command.prepare(OwnSession.command(user.command(command(cluster, binaries, port))));
        builder.redirectInput(new File("/dev/null"));
        // PostgreSQL refuses to start while the process in postmaster.pid lives, unless it is its grandparent. Better than
        // removing the file: with it PostgreSQL sees whether processes of the old server still use the data.
        stranger.ifPresent(pid -> builder.environment().put("PG_GRANDPARENT_PID", Long.toString(pid)));
        Process process = builder.start();
        ServerLog output = new ServerLog(process.getInputStream());
        Thread.ofPlatform().daemon().name("postgres-log").start(output);
        return new Postmaster(process, output, port);
    }

    private static List<String> command(Path cluster, PostgresBinaries binaries, int port) {
        List<String> settings = List.of("listen_addresses=" + HOST, "port=" + port, "unix_socket_directories=",
                "fsync=on",
                "shared_buffers=128MB", "max_connections=60", "jit=off", "logging_collector=off",
                "log_destination=stderr",
                "log_line_prefix=", "lc_messages=C",
                // No details: they hold the data of the row, which is what people wrote.
                "log_error_verbosity=terse");
        List<String> command = new ArrayList<>(List.of(binaries.program("postgres"), "-D", cluster.toString()));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return command;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** False when the server ended instead. */
    private boolean awaitReady(Path cluster) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (!process.waitFor(10, TimeUnit.MILLISECONDS)) {
            if (PostmasterFile.read(cluster).filter(file -> file.pid() == process.pid() && file.ready()).isPresent()) {
                return true;
            }
            if (System.nanoTime() - begin > START.toNanos()) {
                throw new EmbeddedPostgresException("The embedded PostgreSQL in " + cluster + " is not ready after "
                        + START.toSeconds() + " s; its log is at debug under dev.parley.gateway.embedded.postgres");
            }
        }
        return false;
    }

    private static boolean mentions(List<String> lines, String text) {
        return lines.stream().anyMatch(line -> line.contains(text));
    }

    /** Stops the server within {@code FAST + IMMEDIATE}, and kills it after that. */
    void stop() throws IOException {
        output.serving(false);
        ProcessHandle handle = process.toHandle();
        if (!Signal.FAST_SHUTDOWN.sendAndAwait(handle, FAST)
                && !Signal.IMMEDIATE_SHUTDOWN.sendAndAwait(handle, IMMEDIATE)) {
            log.warn("PostgreSQL does not stop and is killed; the next start recovers its data");
            process.destroyForcibly();
        }
    }
}
