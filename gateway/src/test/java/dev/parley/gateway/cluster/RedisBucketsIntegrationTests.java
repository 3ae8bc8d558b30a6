package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.limits.Buckets;
import dev.parley.gateway.limits.BucketsContract;
import dev.parley.gateway.limits.Rate;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

@ResourceLock(Lanes.NODES)
class RedisBucketsIntegrationTests extends BucketsContract {

    private static RedisProcess redis;
    private static RedisNode one;
    private static RedisNode other;

    @BeforeAll
    static void start() {
        redis = RedisProcess.start();
        one = RedisNode.of(redis);
        other = RedisNode.of(redis);
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

    @Override
    protected List<Buckets> nodes() {
        return List.of(one.buckets(), other.buckets());
    }

    @Test
    void aBucketIsOneKeyThatSaysWhenItIsFullAndGoesWhenItIs() {
        Rate rate = new Rate(2, Duration.ofSeconds(2));
        taken("home", rate, 1);
        assertThat(redis.say("DBSIZE")).isEqualTo(":1");
        assertThat(number(redis.say("PTTL parley:test:limit:home"))).isBetween(1L, 1_001L);
        taken("home", rate, 1);
        assertThat(redis.say("DBSIZE")).isEqualTo(":1");
        assertThat(number(redis.say("PTTL parley:test:limit:home"))).isLessThanOrEqualTo(2_001);
        Awaitility.await().until(() -> redis.say("DBSIZE").equals(":0"));
    }

    @Test
    void aBucketThatIsGivenAllBackIsNoKeyAnyMore() {
        taken("home", TEN_A_DAY, 2);
        one.buckets().giveBack("home", TEN_A_DAY).block(TIMEOUT);
        assertThat(redis.say("DBSIZE")).isEqualTo(":1");
        other.buckets().giveBack("home", TEN_A_DAY).block(TIMEOUT);
        assertThat(redis.say("DBSIZE")).isEqualTo(":0");
    }

    @Test
    void whereTheClockWasPutBackNobodyWaitsLongerThanEver() {
        redis.say("SET parley:test:limit:home 9000000000000000"); // in the year 2255
        Duration interval = TEN_A_DAY.period().dividedBy(10);
        assertThat(one.buckets().take("home", TEN_A_DAY).block(TIMEOUT)).isEqualTo(interval);
        assertThat(number(redis.say("PTTL parley:test:limit:home"))).isBetween(1L, TEN_A_DAY.period().toMillis());
        other.buckets().giveBack("home", TEN_A_DAY).block(TIMEOUT);
        assertThat(taken("home", TEN_A_DAY, 10)).isOne();
    }

    @Test
    void whereAllIsForgottenAmidACrowdNobodyFails() {
        Mono<Long> flood = takenAtOnce("home", TEN_A_DAY, 2_000);
        Mono<Void> forgetting = Mono.<Void>fromRunnable(() -> {
            redis.say("FLUSHALL");
            redis.say("SCRIPT FLUSH");
        }).subscribeOn(Schedulers.boundedElastic());
        assertThat(flood.mergeWith(forgetting.then(Mono.empty())).blockLast(TIMEOUT)).isBetween(10L, 20L);
    }

    private static long number(String reply) {
        return Long.parseLong(reply.substring(1));
    }
}
