package dev.parley.gateway;

import dev.parley.gateway.database.TestConnections;
import dev.parley.gateway.embedded.EmbeddedPostgres;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.ConnectionFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.DynamicPropertyRegistry;

/**
 * A migrated database of one's own for a test, on a real PostgreSQL that is started on first use, shared by the tests of
 * this JVM and stopped when it exits. {@link #fresh()} takes about a tenth of a second, so every test class (or test) has
 * its own. The methods that are not reactive block.
 *
 * <pre>{@code
 * private final TestDatabase database = TestDatabase.fresh();     // and database.close() in @AfterEach
 *
 * @DynamicPropertySource                                          // a whole application
 * static void database(DynamicPropertyRegistry registry) {
 *     TestDatabase.fresh().register(registry);
 * }
 * }</pre>
 */
public final class TestDatabase implements AutoCloseable {

    private static final String TEMPLATE = "test_template";
    private static final int POOL_SIZE = 5;
    /** Application contexts of several test classes may be open at once. */
    private static final int CONNECTIONS = 160;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Server server;
    private final boolean isAlone;
    private final String name;
    private final ConnectionPool pool;

    private TestDatabase(Server server, boolean isAlone) {
        this.server = server;
        this.isAlone = isAlone;
        this.name = "test_" + COUNT.incrementAndGet();
        server.execute("postgres", "create database " + name + " template " + TEMPLATE);
        server.execute(name, "update installation set name = default");
        this.pool = TestConnections.open(url(), POOL_SIZE);
    }

    /** A new database with all migrations and no rows but theirs. */
    public static TestDatabase fresh() {
        return new TestDatabase(Shared.SERVER, false);
    }

    /**
     * One on a server of its own, which others do not share and which keeps what it has committed, for tests that stop it or
     * freeze it; one at a time. It takes seconds.
     */
    public static TestDatabase alone() {
        return new TestDatabase(Server.start(Path.of("target", "test-postgres-alone"), true), true);
    }

    /** The server with all the databases that tests share, for those that look at it from outside. */
    public static EmbeddedPostgres postgres() {
        return Shared.SERVER.postgres;
    }

    /** The server that this one is on. */
    public EmbeddedPostgres server() {
        return server.postgres;
    }

    /** As {@code PARLEY_DATABASE_URL} takes it. */
    public String url() {
        return url(server().port());
    }

    /** As {@link #url()}, by way of another port, where a proxy may be. */
    public String url(int port) {
        return "postgresql://" + username() + ":" + password() + "@" + server().host() + ":" + port + "/" + name;
    }

    public String username() {
        return server().username();
    }

    public String password() {
        return server().password();
    }

    /** Lets an application under test use this database. */
    public void register(DynamicPropertyRegistry registry) {
        registry.add("parley.database.url", this::url);
    }

    /** The gateway's own kind of pool, with at most five connections; the same at each call. */
    public ConnectionFactory connections() {
        return pool;
    }

    public DatabaseClient client() {
        return DatabaseClient.create(pool);
    }

    /** Runs one or more statements and waits. */
    public void execute(String sql) {
        server.execute(name, sql);
    }

    /** Lets commits of connections that are opened from now on wait for the disk, as they do outside of tests. */
    public void waitForDisk() {
        execute("alter role current_user in database " + name + " set synchronous_commit = on");
    }

    /** Closes the connections and drops the database, whoever still uses it. */
    @Override
    public void close() {
        pool.disposeLater().block(Duration.ofSeconds(5));
        server.execute("postgres", "drop database " + name + " with (force)");
        if (isAlone) {
            server.postgres.close();
        }
    }

    private static final class Shared {

        static final Server SERVER = Server.start(Path.of("target", "test-postgres"), false);
    }

    private record Server(EmbeddedPostgres postgres) {

        static Server start(Path directory, boolean durable) {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(directory, CONNECTIONS);
            Runtime.getRuntime().addShutdownHook(new Thread(postgres::close, "test-postgres-stop"));
            prepare(postgres, durable);
            return new Server(postgres);
        }

        private static void prepare(EmbeddedPostgres postgres, boolean durable) {
            try (Connection connection = connect(postgres, "postgres");
                    Statement statement = connection.createStatement()) {
                List<String> leftovers = new ArrayList<>();
                try (ResultSet rows = statement
                        .executeQuery("select datname from pg_database where datname like 'test\\_%'")) {
                    while (rows.next()) {
                        leftovers.add(rows.getString(1));
                    }
                }
                for (String leftover : leftovers) {
                    statement.execute("drop database " + leftover + " with (force)");
                }
                statement.execute("create database " + TEMPLATE);
                // Nobody pulls the plug on a shared one; what a commit survives is looked at elsewhere.
                statement.execute("alter role current_user set synchronous_commit = " + (durable ? "on" : "off"));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
            Flyway.configure().dataSource(jdbcUrl(postgres, TEMPLATE), postgres.username(), postgres.password()).load()
                    .migrate();
        }

        void execute(String database, String sql) {
            try (Connection connection = connect(postgres, database);
                    Statement statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new IllegalStateException(sql, e);
            }
        }

        private static Connection connect(EmbeddedPostgres postgres, String database) throws SQLException {
            return DriverManager.getConnection(jdbcUrl(postgres, database), postgres.username(), postgres.password());
        }

        private static String jdbcUrl(EmbeddedPostgres postgres, String database) {
            return "jdbc:postgresql://" + postgres.host() + ":" + postgres.port() + "/" + database;
        }
    }
}
