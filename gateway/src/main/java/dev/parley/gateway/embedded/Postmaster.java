package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running server, a child of this process. */
final class Postmaster {

    static final String HOST = "127.0.0.1";
    /** For a port that is chosen when the server starts. */
    static final int ANY_PORT = 0;

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

    Process process() {
        return process;
    }

    /** Puts what was left behind in order, starts the server and waits until it takes connections. */
    static Postmaster start(PostgresInstallation installation, int port) throws IOException, InterruptedException {
        Optional<Long> stranger = LeftoverServer.stop(installation.cluster());
        long begin = System.nanoTime();
        int ports = 1;
        while (true) {
            Postmaster postmaster = launch(installation, port == ANY_PORT ? freePort() : port, stranger);
            if (postmaster.awaitReady(installation.cluster())) {
                postmaster.output.serving(true);
                return postmaster;
            }
            List<String> lines = postmaster.output.allLines();
            boolean portTaken = mentions(lines, "could not create any TCP/IP sockets") && ports++ < PORTS_TRIED;
            boolean memoryHeld = mentions(lines, "pre-existing shared memory block")
                    && System.nanoTime() - begin < RELEASE.toNanos();
            if (!portTaken && !memoryHeld) {
                lines.forEach(log::error);
                throw new StartException("The embedded PostgreSQL in " + installation.cluster() + " does not start: "
                        + lines.stream().filter(line -> line.startsWith("FATAL:") || line.startsWith("PANIC:"))
                                .findFirst()
                                .orElse(lines.isEmpty() ? "it says nothing" : lines.getLast()));
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static Postmaster launch(PostgresInstallation installation, int port, Optional<Long> stranger)
            throws IOException {
        ProcessBuilder builder = Command.prepare(installation.command(port));
        builder.redirectInput(new File("/dev/null"));
        // PostgreSQL refuses to start while the process in postmaster.pid lives, unless it is its grandparent. Better than
        // removing the file: with it PostgreSQL sees whether processes of the old server still use the data.
        stranger.ifPresent(pid -> builder.environment().put("PG_GRANDPARENT_PID", Long.toString(pid)));
        Process process = builder.start();
        return new Postmaster(process, ServerLog.of(process.getInputStream()), port);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** False when the server ended instead. */
    private boolean awaitReady(Path cluster) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        try {
            while (!process.waitFor(10, TimeUnit.MILLISECONDS)) {
                if (PostmasterFile.read(cluster).filter(this::isReady).isPresent()) {
                    return true;
                }
                if (System.nanoTime() - begin > START.toNanos()) {
                    throw new StartException("The embedded PostgreSQL in " + cluster + " is not ready after "
                            + START.toSeconds() + " s: look at its log with LOGGING_LEVEL_" + ServerLog.NAME
                            + "=debug");
                }
            }
            return false;
        } catch (IOException | InterruptedException | RuntimeException e) {
            stop();
            throw e;
        }
    }

    private boolean isReady(PostmasterFile file) {
        return file.pid() == process.pid() && file.ready();
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
