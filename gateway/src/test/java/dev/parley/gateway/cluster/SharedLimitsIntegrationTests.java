package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Limits of two nodes that share a Redis, which goes and comes back. */
@ResourceLock(Lanes.NODES)
class SharedLimitsIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Rate TEN_A_DAY = new Rate(10, Duration.ofDays(1));

    private final RedisProcess redis = RedisProcess.start();
    private final Node one = new Node(redis);
    private final Node other = new Node(redis);

    private static final class Node implements AutoCloseable {

        private final RedisNode redis;
        private final MeterRegistry meters = new SimpleMeterRegistry();
        private final RateLimits limits;
        private final RateLimit limit;

        Node(RedisProcess process) {
            this.redis = RedisNode.of(process);
            this.limits = new RateLimits(meters, Ticker.systemTicker(), redis.buckets());
            this.limit = limits.limit("messages", TEN_A_DAY, "Slow down");
        }

        double decidedAlone() {
            return meters.get("parley.limits.local").counter().count();
        }

        @Override
        public void close() {
            redis.close();
        }
    }

    @BeforeEach
    void bothAreThere() {
        assertThat(taken(one, "ann", 6)).isEqualTo(6);
        assertThat(taken(other, "ann", 6)).isEqualTo(4);
        assertThat(one.limits.refused()).isEqualTo(Map.of("messages", 0L));
        assertThat(other.limits.refused()).isEqualTo(Map.of("messages", 2L));
        assertThat(one.decidedAlone() + other.decidedAlone()).isZero();
    }

    @AfterEach
    void stop() {
        redis.close();
        one.close();
        other.close();
    }

    @Test
    void whileRedisIsDeadEachNodeCountsForItselfAndTogetherAgainWhenItIsBack() {
        redis.kill();
        assertThat(taken(one, "ann", 15)).isEqualTo(10);
        assertThat(taken(other, "ann", 15)).isEqualTo(10);
        assertThat(one.decidedAlone()).isEqualTo(15);
        redis.startAgain();
        awaitThatBothShare();
        assertThat(taken(one, "ann", 7) + taken(other, "ann", 7)).isEqualTo(10);
    }

    @Test
    void whileRedisHangsEachNodeCountsForItselfAndTogetherAgainWhenItGoesOn() {
        redis.freeze();
        assertThat(taken(one, "ann", 15)).isEqualTo(10);
        assertThat(taken(other, "ann", 15)).isEqualTo(10);
        assertThat(one.decidedAlone()).isEqualTo(15);
        redis.thaw();
        awaitThatBothShare();
        assertThat(taken(one, "ann", 7) + taken(other, "ann", 7)).as("what was taken before it hung").isZero();
        assertThat(taken(one, "ben", 7) + taken(other, "ben", 7)).isEqualTo(10);
    }

    @Test
    void whatWasTakenWhileRedisWasAwayIsGivenBackWhereItWasTaken() {
        redis.kill();
        assertThat(taken(one, "ann", 10)).isEqualTo(10);
        redis.startAgain();
        awaitThatBothShare();
        redis.say("FLUSHALL");
        one.limit.settle("ann", Mono.just("a repeat"), _ -> false).block(TIMEOUT);
        assertThat(redis.say("DBSIZE")).isEqualTo(":0");
        redis.kill();
        assertThat(taken(one, "ann", 5)).isOne();
    }

    @Test
    void aNodeThatWasGivenARedisSharesItsLimits() {
        try (AnnotationConfigApplicationContext node = new AnnotationConfigApplicationContext()) {
            node.getEnvironment()
                    .getPropertySources()
                    .addFirst(new MapPropertySource("test", Map.of("parley.redis.url", redis.url())));
            node.registerBean(MeterRegistry.class, () -> new SimpleMeterRegistry());
            node.registerBean(RedisLink.class, () -> new RedisLink(RedisServers.parse(redis.url())));
            node.registerBean(RedisNames.class, () -> RedisNode.NAMES);
            node.register(RedisCommands.class, RedisBuckets.class, RateLimits.class);
            node.refresh();
            RateLimit limit = node.getBean(RateLimits.class).limit("messages", TEN_A_DAY, "Slow down");
            redis.say("FLUSHALL");
            Awaitility.await().until(() -> taken(limit, "somebody", 1) + taken(limit, "somebody else", 1) >= 0
                    && !redis.say("DBSIZE").equals(":0"));
        }
    }

    @Test
    void aNodeThatWasGivenNoneAsksNone() {
        try (AnnotationConfigApplicationContext node = new AnnotationConfigApplicationContext()) {
            node.registerBean(MeterRegistry.class, () -> new SimpleMeterRegistry());
            node.register(RedisCommands.class, RedisBuckets.class, RateLimits.class);
            node.refresh();
            assertThat(node.getBeanNamesForType(RedisBuckets.class)).isEmpty();
            assertThat(taken(node.getBean(RateLimits.class).limit("messages", TEN_A_DAY, "Slow down"), "ann", 20))
                    .isEqualTo(10);
        }
    }

    /** Each has decided by Redis again. */
    private void awaitThatBothShare() {
        for (Node node : new Node[]{one, other}) {
            Awaitility.await().until(() -> {
                double before = node.decidedAlone();
                taken(node, "somebody", 1);
                return node.decidedAlone() == before;
            });
        }
    }

    private static long taken(Node node, String caller, int tries) {
        return taken(node.limit, caller, tries);
    }

    /** How often there was room; whoever finds none is told so and of nothing else. */
    private static long taken(RateLimit limit, String caller, int tries) {
        Long refused = Flux.range(0, tries)
                .concatMap(i -> limit.take(caller)
                        .thenReturn(0L)
                        .onErrorResume(ProblemException.class, refusal -> {
                            assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
                            return Mono.just(1L);
                        }))
                .reduce(0L, Long::sum)
                .block(TIMEOUT);
        return tries - (refused == null ? 0 : refused);
    }
}
