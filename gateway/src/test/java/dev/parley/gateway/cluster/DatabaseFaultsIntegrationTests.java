package dev.parley.gateway.cluster;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.database.FrozenPostgres;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** PostgreSQL is away for a while, as people talk over two nodes: whoever waits is served later, and all that was promised holds. */
@ResourceLock(Lanes.NODES)
class DatabaseFaultsIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    /** Longer than a lease, and than anybody waits. */
    private static final Duration FROZEN = Duration.ofSeconds(20);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.over(TestDatabase.alone(), 2);
    @AutoClose
    private static final AlternatingProxy BALANCER = NODES.balancer();

    private final List<Visit> visits = Stream.generate(NODES::visit).limit(4).toList();
    private final Traffic traffic = Traffic.start(SEED, BALANCER.address(), visits, NODES.login("admin"),
            NODES.database, true);

    @BeforeEach
    void allIsWell() {
        NODES.awaitHearing();
        traffic.flow(10);
    }

    @AfterEach
    void stop() {
        traffic.close();
    }

    @Test
    void restartedAtOnceAgainAndAgain() throws Exception {
        for (int i = 0; i < 3; i++) {
            long old = NODES.database.server().process().pid();
            new ProcessBuilder("sh", "-c", "kill -s QUIT " + old).inheritIO().start().waitFor();
            Awaitility.await().until(() -> NODES.database.server().process().pid() != old);
            traffic.flow(15);
        }
        traffic.stopAndJudge();
    }

    @Test
    void frozenForLongerThanALease() throws Exception {
        try (FrozenPostgres _ = FrozenPostgres.freeze(NODES.database.server())) {
            Awaitility.await().pollDelay(FROZEN).until(() -> true);
        }
        traffic.flow(20);
        traffic.stopAndJudge();
    }
}
