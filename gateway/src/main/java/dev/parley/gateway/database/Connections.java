package dev.parley.gateway.database;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.pool.PoolBuilder;
import reactor.pool.PoolConfig;
import reactor.pool.PooledRefMetadata;

/**
 * Opens the pool of connections. Whoever asks it for a connection gets one, or an error within {@link #ACQUIRE}; the server
 * ends a statement that runs too long. So nobody waits for ever, except on a server that is frozen in the middle of a
 * statement: it ends nothing, and its sockets stay open. Such a statement goes on when the server does, and fails when the
 * server's machine is gone and TCP has given up on it; others are told by {@link #ACQUIRE} and by {@link DatabaseHealth}.
 */
final class Connections {

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ACQUIRE = Duration.ofSeconds(3);
    /** Longer than a caller waits: a connection that comes too late for one is there for the next. */
    private static final Duration CREATE = Duration.ofSeconds(10);
    private static final Duration VALIDATE = Duration.ofSeconds(1);
    /** So that memory that a server keeps for each connection comes back, and addresses that moved are looked up anew. */
    private static final Duration LIFE = Duration.ofMinutes(30);
    /** Waiting for a connection costs little, but 3 s of it are more than the pool can serve then. */
    private static final int MAX_WAITING = 1_000;
    private static final int KEPT_OPEN = 2;
    /** Statements prepared on one connection. Ours are about a hundred; without a bound a mistake would fill both ends. */
    private static final int PREPARED = 256;

    private Connections() {}

    static ConnectionPool open(DatabaseAddress address, DatabaseSettings settings, LoopResources loops) {
        int keptOpen = Math.min(KEPT_OPEN, settings.poolSize());
        return new ConnectionPool(ConnectionPoolConfiguration
                .builder(new PostgresqlConnectionFactory(driver(address, settings, loops))).name("parley")
                .initialSize(keptOpen).minIdle(keptOpen).maxSize(settings.poolSize()).maxAcquireTime(ACQUIRE)
                .acquireRetry(0).maxCreateConnectionTime(CREATE).maxValidationTime(VALIDATE)
                .validationDepth(ValidationDepth.LOCAL).maxIdleTime(settings.idleTimeout()).maxLifeTime(LIFE)
                .customizer(pool -> refine(pool, settings.idleTimeout())).build());
    }

    private static void refine(PoolBuilder<Connection, ? extends PoolConfig<? extends Connection>> pool,
            Duration idle) {
        pool.maxPendingAcquire(MAX_WAITING).evictionPredicate((connection, use) -> isUseless(connection, use, idle));
    }

    /** The pool's own idea of it knows nothing of closed connections, and would hand them out after a restart of the server. */
    private static boolean isUseless(Connection connection, PooledRefMetadata use, Duration idle) {
        return use.idleTime() >= idle.toMillis() || use.lifeTime() >= LIFE.toMillis()
                || !Mono.from(connection.validate(ValidationDepth.LOCAL)).toFuture().getNow(false);
    }

    private static PostgresqlConnectionConfiguration driver(DatabaseAddress address, DatabaseSettings settings,
            LoopResources loops) {
        PostgresqlConnectionConfiguration.Builder driver = PostgresqlConnectionConfiguration.builder()
                .host(address.host())
                .port(address.port()).database(address.database()).username(address.username())
                .sslMode(SSLMode.fromValue(address.sslMode()))
                .applicationName("parley").connectTimeout(CONNECT).tcpKeepAlive(true).loopResources(loops)
                .codecRegistrar(new BinaryArrays()).forceBinary(true)
                .preparedStatementCacheQueries(PREPARED).options(session(settings.statementTimeout()));
        if (address.password() != null) {
            driver.password(address.password());
        }
        if (address.rootCertificate() != null) {
            driver.sslRootCert(address.rootCertificate());
        }
        return driver.build();
    }

    private static Map<String, String> session(Duration statement) {
        return Map.of("statement_timeout", millis(statement), "lock_timeout", millis(statement.dividedBy(2)),
                "idle_in_transaction_session_timeout", millis(statement.multipliedBy(2)),
                // Compiling costs more than any of our statements; neither do their plans depend on the parameters.
                "jit", "off", "plan_cache_mode", "force_generic_plan",
                // A plan that was made while a table was small would go on scanning it for as long as it is cached.
                "enable_seqscan", "off");
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
