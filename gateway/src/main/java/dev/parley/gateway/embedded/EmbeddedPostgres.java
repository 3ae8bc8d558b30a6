package dev.parley.gateway.embedded;

import dev.parley.gateway.settings.StartException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL in a process of its own that lives and dies with this one, so that nothing has to be installed. Its
 * data stay in the data directory; the port on 127.0.0.1 is another one at each start. What an earlier gateway that was
 * killed left behind is put in order at the start, and a server that dies is started again on the same port. All methods
 * block.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final int SPARE_CONNECTIONS = 40;
    private static final int CONNECTIONS = 20;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final DataLock dataLock;
    private final PostgresInstallation installation;
    private final String password;
    private final Object change = new Object();
    private volatile Postmaster postmaster;
    private volatile boolean closed;

    private EmbeddedPostgres(DataLock dataLock, PostgresInstallation installation, String password,
            Postmaster postmaster) {
        this.dataLock = dataLock;
        this.installation = installation;
        this.password = password;
        this.postmaster = postmaster;
    }

    /** As {@link #start(Path, int)}, for a few users. */
    public static EmbeddedPostgres start(Path dataDirectory) {
        return start(dataDirectory, CONNECTIONS);
    }

    /**
     * Starts PostgreSQL and returns when it takes connections. The first time it is unpacked and set up, which takes some
     * seconds.
     *
     * @param dataDirectory is made if it is not there; two gateways cannot use the same
     * @param connections how many the caller will open; some more are there for others, such as {@code psql}
     * @throws StartException says in one line what to do
     */
    public static EmbeddedPostgres start(Path dataDirectory, int connections) {
        return start(dataDirectory, connections, ServerUser::choose);
    }

    static EmbeddedPostgres start(Path dataDirectory, int connections, ChoiceOfUser choice) {
        try {
            Path directory = ownerOnly(dataDirectory);
            DataLock lock = DataLock.take(directory);
            try {
                return start(directory, connections, choice, lock);
            } catch (IOException | InterruptedException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("The start of PostgreSQL was interrupted", e);
        } catch (IOException e) {
            throw new StartException("The embedded PostgreSQL in " + dataDirectory + " does not start: " + e, e);
        }
    }

    private static EmbeddedPostgres start(Path directory, int connections, ChoiceOfUser choice, DataLock lock)
            throws IOException, InterruptedException {
        long begin = System.nanoTime();
        PostgresBinaries binaries = PostgresBinaries.unpack(directory.resolve("pgbin"));
        ServerUser user = choice.forDirectory(directory);
        Path data = directory.resolve("pg" + binaries.major());
        // Before the files get another owner.
        LeftoverServer.stop(data);
        PostgresCluster cluster = PostgresCluster.open(data, binaries, user);
        String password = cluster.password();
        PostgresInstallation installation = new PostgresInstallation(binaries, data, user,
                connections + SPARE_CONNECTIONS);
        EmbeddedPostgres started = new EmbeddedPostgres(lock, installation, password,
                Postmaster.start(installation, Postmaster.ANY_PORT));
        log.info("PostgreSQL {} is ready on {}:{}, with its data in {} ({} ms)", binaries.version(), started.host(),
                started.port(), data, Duration.ofNanos(System.nanoTime() - begin).toMillis());
        Thread.ofPlatform().daemon().name("postgres-keeper").start(started::keepRunning);
        return started;
    }

    private static Path ownerOnly(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(absolute,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return absolute.toRealPath();
    }

    private void keepRunning() {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                int exit = postmaster.process().waitFor();
                if (closed) {
                    return;
                }
                log.error("PostgreSQL ended by itself (exit code {}) and is started again", exit);
                Thread.sleep(pause);
                synchronized (change) {
                    if (closed) {
                        return;
                    }
                    postmaster = Postmaster.start(installation, postmaster.port());
                }
                pause = FIRST_PAUSE;
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                log.error("PostgreSQL could not be started again: {}", e.getMessage());
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    public String host() {
        return Postmaster.HOST;
    }

    public int port() {
        return postmaster.port();
    }

    public String database() {
        return PostgresCluster.DATABASE;
    }

    public String username() {
        return PostgresCluster.ROLE;
    }

    /** Kept in the data directory; never to be logged. */
    public String password() {
        return password;
    }

    /** The server's main process. */
    public ProcessHandle process() {
        return postmaster.process().toHandle();
    }

    /** Stops PostgreSQL, breaking off what it still does: the connections should have been closed before. */
    @Override
    public void close() {
        closed = true;
        synchronized (change) {
            try {
                postmaster.stop();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                dataLock.close();
            }
        }
    }

    /** Decides who the server runs as. */
    @FunctionalInterface
    interface ChoiceOfUser {

        ServerUser forDirectory(Path dataDirectory) throws IOException;
    }
}
