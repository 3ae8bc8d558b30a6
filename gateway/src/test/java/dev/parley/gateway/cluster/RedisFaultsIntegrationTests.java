package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Redis does what it should not, while people talk over two nodes: nothing that was promised is broken. */
@ResourceLock(Lanes.NODES)
class RedisFaultsIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    /** Longer than a lease of slots holds. */
    private static final Duration FROZEN = Duration.ofSeconds(20);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);
    @AutoClose
    private static final AlternatingProxy BALANCER = NODES.balancer();

    private final List<Visit> visits = Stream.generate(NODES::visit).limit(4).toList();
    private final Traffic traffic = Traffic.start(SEED, BALANCER.address(), visits, NODES.login("admin"),
            NODES.database, false);

    @BeforeEach
    void allIsWell() {
        NODES.awaitHearing();
        traffic.flow(10);
    }

    @AfterEach
    void stop() {
        traffic.close();
        slow(Duration.ZERO);
        say("CONFIG SET maxmemory 0");
    }

    @Test
    void frozen() {
        NODES.redis.freeze();
        try {
            traffic.flow(20);
            Awaitility.await().pollDelay(FROZEN).until(() -> !isWhole(0) && !isWhole(1));
            traffic.flow(20);
        } finally {
            NODES.redis.thaw();
        }
        NODES.awaitHearing();
        traffic.flow(10);
        traffic.stopAndJudge();
    }

    @Test
    void slowerThanAnybodyWaits() {
        slow(Duration.ofMillis(150)); // there and back: what is asked of it now and then still comes in time
        traffic.flow(30);
        slow(Duration.ofSeconds(2)); // nothing does
        traffic.flow(30);
        slow(Duration.ZERO);
        NODES.awaitHearing();
        traffic.flow(10);
        traffic.stopAndJudge();
    }

    @Test
    void evicting() {
        say("CONFIG SET maxmemory-policy allkeys-lru");
        say("CONFIG SET maxmemory 2mb"); // hardly more than it needs for itself
        traffic.flow(20);
        say("CONFIG SET maxmemory 1"); // and now it keeps nothing, and refuses what would fill it
        traffic.flow(20);
        say("CONFIG SET maxmemory 0");
        traffic.flow(10);
        traffic.stopAndJudge();
    }

    @Test
    void emptiedAgainAndAgain() {
        for (int i = 0; i < 8; i++) {
            say("FLUSHALL");
            traffic.flow(5);
        }
        traffic.stopAndJudge();
    }

    @Test
    void killedAndStartedEmpty() {
        NODES.redis.kill();
        try {
            traffic.flow(30);
        } finally {
            NODES.redis.startAgain();
        }
        NODES.awaitHearing();
        traffic.flow(10);
        traffic.stopAndJudge();
    }

    private static void slow(Duration by) {
        NODES.node(0).toRedis().slow(by);
        NODES.node(1).toRedis().slow(by);
    }

    private static void say(String command) {
        assertThat(NODES.redis.say(command)).isEqualTo("+OK");
    }

    private static boolean isWhole(int node) {
        return NODES.node(node).metric("parley.bus.whole") == 1;
    }
}
