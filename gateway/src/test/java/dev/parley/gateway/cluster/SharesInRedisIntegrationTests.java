package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.answer.UserShares;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Mono;

@ResourceLock(Lanes.NODES)
class SharesInRedisIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MOST = 3;
    private static final String KEY = RedisNode.NAMES.open("ada");

    private static RedisProcess redis;
    private static RedisNode one;
    private static RedisNode other;
    private static UserShares here;
    private static UserShares there;

    private final Set<String> inTheLog = new HashSet<>();

    @BeforeAll
    static void start() {
        redis = RedisProcess.start();
        one = RedisNode.of(redis);
        other = RedisNode.of(redis);
        here = new SharesInRedis(one.commands(), RedisNode.NAMES);
        there = new SharesInRedis(other.commands(), RedisNode.NAMES);
    }

    @AfterAll
    static void stop() {
        one.close();
        other.close();
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.say("FLUSHALL");
    }

    @Test
    void aUserHasAsManyOnAllNodesTogetherAsItsShareAndNoMoreUntilOneIsOver() {
        assertThat(take(here, "a")).isTrue();
        assertThat(take(there, "b")).isTrue();
        assertThat(take(here, "c")).isTrue();
        assertThat(take(there, "d")).isFalse();
        assertThat(take(there, "c")).as("which is counted already").isTrue();
        here.giveBack("ada", "b");
        // Redis does what it is told on one connection in order.
        assertThat(take(here, "d")).isTrue();
        assertThat(take(here, "e")).isFalse();
        assertThat(here.take("bob", "e", MOST, this::open).block(TIMEOUT)).isTrue();
    }

    @Test
    void whatNobodyGaveBackDoesNotCountWhenItIsOverInTheLog() {
        fill("a", "b", "c");
        inTheLog.addAll(Set.of("a", "c"));
        assertThat(take(here, "d")).as("they are new, and may not be in the log yet").isFalse();
        grow(SharesInRedis.OLD, "a", "b", "c");
        assertThat(take(here, "d")).isTrue();
        assertThat(take(there, "e")).as("a, c and d are open").isFalse();
    }

    @Test
    void whatWasAskedForByAClockThatWasPutBackSinceIsLookedUpToo() {
        fill("a", "b", "c");
        grow(Duration.ofHours(-1), "a", "b", "c");
        assertThat(take(here, "d")).isTrue();
    }

    @Test
    void whereRedisForgetsOrIsAwayThereIsRoom() {
        fill("a", "b", "c");
        redis.say("FLUSHALL");
        redis.say("SCRIPT FLUSH");
        assertThat(take(here, "d")).isTrue();
        fill("e", "f");
        redis.freeze();
        try {
            assertThat(take(here, "g")).isTrue();
        } finally {
            redis.thaw();
        }
    }

    @Test
    void nothingIsKeptForEver() {
        fill("a");
        assertThat(redis.say("PTTL " + KEY)).matches(":\\d{5,6}");
        here.giveBack("ada", "a");
        assertThat(take(here, "b")).isTrue();
        here.giveBack("ada", "b");
        assertThat(one.isConnected()).as("an answer that comes after that of the last command").isTrue();
        assertThat(redis.say("DBSIZE")).isEqualTo(":0");
    }

    private void fill(String... requestIds) {
        for (String requestId : requestIds) {
            assertThat(take(here, requestId)).isTrue();
        }
    }

    /** They were asked for longer ago than they were. */
    private static void grow(Duration by, String... requestIds) {
        for (String requestId : requestIds) {
            redis.say("ZINCRBY " + KEY + " " + -by.toMillis() + " " + requestId);
        }
    }

    private boolean take(UserShares shares, String requestId) {
        return Boolean.TRUE.equals(shares.take("ada", requestId, MOST, this::open).block(TIMEOUT));
    }

    private Mono<Set<String>> open(Set<String> requestIds) {
        Set<String> open = new HashSet<>(inTheLog);
        open.retainAll(requestIds);
        return Mono.just(open);
    }
}
