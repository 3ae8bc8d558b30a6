package dev.parley.gateway.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL in a process of its own that lives and dies with this one, so that nothing has to be installed. Its
 * data stay in the data directory; the port on 127.0.0.1 is another one at each start. What an earlier gateway that was
 * killed left behind is put in order at the start. All methods block.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private final DataLock lock;
    private final Postmaster postmaster;
    private final String password;

    private EmbeddedPostgres(DataLock lock, Postmaster postmaster, String password) {
        this.lock = lock;
        this.postmaster = postmaster;
        this.password = password;
    }

    /**
     * Starts PostgreSQL and returns when it takes connections. The first time it is unpacked and set up, which takes some
     * seconds.
     *
     * @param dataDirectory is made if it is not there; two gateways cannot use the same
     * @throws EmbeddedPostgresException says in one line what to do
     */
    public static EmbeddedPostgres start(Path dataDirectory) {
        return start(dataDirectory, ServerUser::choose);
    }

    static EmbeddedPostgres start(Path dataDirectory, ChoiceOfUser choice) {
        long begin = System.nanoTime();
        try {
            Path directory = ownerOnly(dataDirectory);
            DataLock lock = DataLock.take(directory);
            try {
                EmbeddedPostgres started = start(directory, choice, lock);
                log.info("PostgreSQL listens on {}:{}, with its data in {} (started in {} ms)", started.host(),
                        started.port(),
                        directory, Duration.ofNanos(System.nanoTime() - begin).toMillis());
                return started;
            } catch (IOException | InterruptedException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("The start of PostgreSQL was interrupted", e);
        } catch (IOException e) {
            throw new EmbeddedPostgresException("The embedded PostgreSQL in " + dataDirectory + " does not start: " + e,
                    e);
        }
    }

    private static EmbeddedPostgres start(Path directory, ChoiceOfUser choice, DataLock lock)
            throws IOException, InterruptedException {
        PostgresBinaries binaries = PostgresBinaries.unpack(directory.resolve("pgbin"));
        ServerUser user = choice.forDirectory(directory);
        Path data = directory.resolve("pg" + binaries.major());
        Optional<Long> stranger = LeftoverServer.stop(data);
        PostgresCluster cluster = PostgresCluster.open(data, binaries, user);
        return new EmbeddedPostgres(lock, Postmaster.start(data, binaries, user, stranger), cluster.password());
    }

    private static Path ownerOnly(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(absolute,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return absolute.toRealPath();
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
        return postmaster.process();
    }

    /** Stops PostgreSQL, breaking off what it still does: the connections should have been closed before. */
    @Override
    public void close() {
        try {
            postmaster.stop();
        } catch (IOException e) {
            throw new EmbeddedPostgresException("PostgreSQL cannot be stopped", e);
        } finally {
            lock.close();
        }
    }

    /** Decides who the server runs as. */
    @FunctionalInterface
    interface ChoiceOfUser {

        ServerUser forDirectory(Path dataDirectory) throws IOException;
    }
}
