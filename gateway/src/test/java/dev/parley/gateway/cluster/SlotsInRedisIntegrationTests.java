package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.answer.SlotLedger;
import dev.parley.gateway.answer.SlotLedger.Grant;
import dev.parley.gateway.answer.SlotLedgerContract;
import dev.parley.gateway.database.ThisNode;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Lanes.NODES)
class SlotsInRedisIntegrationTests extends SlotLedgerContract {

    private static RedisProcess redis;
    private static RedisNode connection;
    private static StatefulRedisPubSubConnection<String, byte[]> listening;
    /** By channel. */
    private static final Map<String, NodeCalls> CALLS = new ConcurrentHashMap<>();
    private List<SlotLedger> nodes = List.of();

    @BeforeAll
    static void start() {
        redis = RedisProcess.start();
        connection = RedisNode.of(redis);
        listening = connection.link().listen().blockOptional(TIMEOUT).orElseThrow();
        listening.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, byte[] message) {
                Objects.requireNonNull(CALLS.get(channel)).receive(message);
            }
        });
        listening.sync().subscribe(RedisNode.NAMES.node(1), RedisNode.NAMES.node(2), RedisNode.NAMES.node(3));
    }

    @AfterAll
    static void stop() {
        listening.close();
        connection.close();
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.say("FLUSHALL");
        nodes = Stream.of(1, 2, 3).map(SlotsInRedisIntegrationTests::ledger).toList();
    }

    private static SlotLedger ledger(int node) {
        NodeCalls calls = new NodeCalls(connection.commands(), RedisNode.NAMES, new ThisNode());
        CALLS.put(RedisNode.NAMES.node(node), calls);
        SlotsInRedis slots = new SlotsInRedis(connection.commands(), RedisNode.NAMES, calls);
        slots.afterPropertiesSet();
        return slots;
    }

    @Override
    protected List<SlotLedger> nodes() {
        return nodes;
    }

    @Test
    void whatANodeHadWhoIsNotHeardOfAnyMoreIsFreeAfterItsLease() {
        settle(0, 0, 1L, 1L, 1L, 1L, 1L);
        Awaitility.await()
                .between(SlotLedger.LEASE.minusSeconds(2), SlotLedger.LEASE.plusSeconds(5))
                .pollInterval(200, TimeUnit.MILLISECONDS)
                .until(() -> settle(1, 0).free() == MOST);
    }

    @Test
    void whereTheClockWasPutBackALeaseHoldsNoLongerThanEver() {
        redis.say("HSET parley:test:slots 7 \"1 5 9000000000000 9000000000000 1\""); // in the year 2255
        assertThat(settle(0, 0, 1L)).isEqualTo(new Grant(0, 0));
        Awaitility.await()
                .atMost(SlotLedger.LEASE.plus(Duration.ofSeconds(5)))
                .until(() -> settle(0, 0).free() == MOST);
    }

    @Test
    void nothingIsLeftInRedisWhenAllHaveGone() {
        settle(0, 0, 1L);
        assertThat(redis.say("PTTL parley:test:slots")).matches(":\\d{4,5}");
        nodes().getFirst().leave(1).block(TIMEOUT);
        assertThat(redis.say("DBSIZE")).isEqualTo(":0");
    }

    @Test
    void whereAllIsForgottenNodesSayAgainWhatTheyUse() {
        settle(0, 0, 1L, 1L, 1L);
        redis.say("FLUSHALL");
        redis.say("SCRIPT FLUSH");
        assertThat(settle(0, 3).slots()).isEqualTo(3);
        assertThat(settle(1, 0).free()).isEqualTo(2);
    }
}
