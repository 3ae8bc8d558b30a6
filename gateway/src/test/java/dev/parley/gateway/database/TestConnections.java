package dev.parley.gateway.database;

import io.r2dbc.pool.ConnectionPool;
import java.time.Duration;
import reactor.netty.resources.LoopResources;

/** Opens connections for tests just as the gateway does, with its time limits and settings of the session. */
public final class TestConnections {

    // Its threads are daemons; it lasts as long as the tests do.
    private static final LoopResources LOOPS = new DatabaseConfiguration().databaseLoops();

    private TestConnections() {}

    public static ConnectionPool open(String url, int size) {
        return Connections.open(DatabaseUrl.parse(url, null, null),
                new DatabaseSettings(url, null, null, size, size, Duration.ofSeconds(5), Duration.ofSeconds(30)),
                LOOPS);
    }
}
