package dev.parley.gateway.cluster;

import dev.parley.gateway.CuttingProxy;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * One of two nodes cannot reach PostgreSQL, or Redis, or both, for longer than its lease, and its load balancer does not notice:
 * half of all that people want comes to it all the same.
 */
@ResourceLock(Lanes.NODES)
class CutOffNodesIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    private static final Duration LONGER_THAN_A_LEASE = Duration.ofSeconds(12);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);
    @AutoClose
    private static final AlternatingProxy BALANCER = NODES.balancer();

    private final List<Visit> visits = Stream.generate(NODES::visit).limit(4).toList();
    private final Traffic traffic = Traffic.start(SEED, BALANCER.address(), visits, NODES.login("admin"),
            NODES.database, false);
    private final CuttingProxy toRedis = NODES.node(1).toRedis();
    private final CuttingProxy toDatabase = NODES.node(1).toDatabase();

    @BeforeEach
    void allIsWell() {
        NODES.awaitHearing();
        traffic.flow(10);
    }

    @AfterEach
    void stop() {
        traffic.close();
        toRedis.heal();
        toDatabase.heal();
    }

    @Test
    void fromPostgresWhichSeemsToBeSlow() {
        toDatabase.freeze();
        assertThatPeopleGoOn(LONGER_THAN_A_LEASE);
    }

    @Test
    void fromRedisWhichSeemsToBeSlow() {
        toRedis.freeze();
        assertThatPeopleGoOn(Duration.ofSeconds(4));
    }

    @Test
    void fromBoth() {
        toRedis.cut();
        toDatabase.cut();
        assertThatPeopleGoOn(LONGER_THAN_A_LEASE);
    }

    private void assertThatPeopleGoOn(Duration meanwhile) {
        Awaitility.await().pollDelay(meanwhile).until(() -> true);
        traffic.flow(10);
        toRedis.heal();
        toDatabase.heal();
        NODES.awaitHearing();
        traffic.flow(20);
        traffic.stopAndJudge();
    }
}
