package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** What one node could not tell the other is found soon, and not only when all that there is is looked at. */
@ResourceLock(Lanes.NODES)
class WhatTheBusLosesIntegrationTests {

    /** All is looked at every thirty seconds. */
    private static final Duration SOON = Duration.ofSeconds(10);

    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final Visit visit = NODES.visit();

    @BeforeEach
    void bothHearEachOther() {
        NODES.node(0).toRedis().heal();
        NODES.node(1).toRedis().heal();
        NODES.awaitHearing();
    }

    @Test
    void thatAWaitingAnswerWasCancelledIsFoundByANodeThatWasCutOffMeanwhile() {
        List<Visit> busy = Stream.generate(NODES::visit).limit(5).toList(); // so many answers run at once
        busy.forEach(other -> NODES.say(NODES.node(0), other, "m", "/long 3000"));
        Set<String> seen = ConcurrentHashMap.newKeySet();
        try (Follower there = Follower.since(visit.on(NODES.node(1)), 0).persistent()
                .witnessedBy(
                        event -> seen.add(event.path("type").asString() + event.path("request_id").asString("")))) {
            there.start(Carrier.WEB_SOCKET);
            Awaitility.await().until(() -> seen.stream().anyMatch(type -> type.startsWith("hello")));
            String request = say(NODES.node(0), "m").path("answer").path("request_id").asString();
            Awaitility.await().until(() -> seen.contains("answer_queued" + request));
            NODES.node(1).toRedis().cut();
            Awaitility.await().until(() -> NODES.node(1).metric("parley.bus.whole") == 0);
            assertThat(NODES.node(0).delete("/api/ai/requests/" + request, visit.token()).path("cancelled").asInt())
                    .isOne();
            NODES.node(1).toRedis().heal();
            NODES.awaitHearing();
            there.judge().await("its end", SOON, judge -> judge.reason(request).equals("cancelled"));
        } finally {
            busy.forEach(other -> NODES.node(0).delete("/api/ai/requests", other.token()));
        }
    }

    @Test
    void whatRedisWasNotToldIsFoundByWhoComesToANodeThatKnowsNothingElse() {
        say(NODES.node(0), "one");
        awaitStored(2);
        NODES.node(0).toRedis().cut();
        Awaitility.await().until(() -> NODES.node(0).metric("parley.bus.whole") == 0);
        say(NODES.node(0), "two");
        awaitStored(4);
        NODES.node(0).toRedis().heal();
        NODES.awaitHearing();
        try (Follower late = Follower.since(visit.on(NODES.node(1)), 0)) {
            late.start(Carrier.WEB_SOCKET);
            late.judge().await("all", SOON, judge -> judge.last() == 4);
        }
    }

    /** As one does that has lost its replicas, or cannot save, and still carries what is published. */
    @Test
    void aRedisThatTakesNoWritesCarriesWhatIsSaidAllTheSame() {
        try (Follower there = Follower.since(visit.on(NODES.node(1)), 0).persistent()) {
            there.start(Carrier.WEB_SOCKET);
            // Where the assistant answers, what it tells of that shows that a message is missing.
            NODES.node(0).post("/api/dialogs/" + visit.dialogId() + "/handoff", NODES.adminToken(), Map.of());
            there.judge().await("the takeover", judge -> judge.hasLogged("handoff_started"));
            assertThat(NODES.redis.say("CONFIG SET min-replicas-to-write 1")).isEqualTo("+OK");
            long said = say(NODES.node(0), "m").path("seq").asLong();
            there.judge().await("what was said", SOON, judge -> judge.last() >= said);
        } finally {
            NODES.redis.say("CONFIG SET min-replicas-to-write 0");
        }
    }

    /** A node says that it hears when it could not tell something, and is well again. */
    @Test
    void whoHearsThatAnotherNodeIsBackLooksInTheLog() {
        try (Follower there = Follower.since(visit.on(NODES.node(1)), 0).persistent();
                RedisNode other = RedisNode.of(NODES.redis)) {
            there.start(Carrier.WEB_SOCKET);
            say(NODES.node(0), "before");
            there.judge().await("what was said before, and its answer", judge -> judge.last() == 2);
            NODES.database.execute("""
                    with next as (update dialogs set last_seq = last_seq + 1 where id = %1$d returning *)
                    insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)
                    select id, last_seq, 'manager', '1', 'untold', 'Hello', turn, now() from next"""
                    .formatted(visit.dialogId()));
            RedisNames names = NODES.node(0).context().getBean(RedisNames.class);
            other.commands().start(redis -> redis.publish(names.hearing(), new BusCodec(4711).question()))
                    .toCompletableFuture().join();
            there.judge().await("what was not told", SOON, judge -> judge.last() == 3);
        }
    }

    @Test
    void aNodeThatStartsWhileRedisIsAwaySaysThatItDoesNotHear() {
        NODES.redis.kill();
        try {
            NODES.startBeside(NODES.database);
            Awaitility.await().until(() -> count("nodes where not hears and alive_until > now()") == 3);
        } finally {
            NODES.redis.startAgain();
        }
        Awaitility.await().until(() -> count("nodes where hears and alive_until > now()") == 3);
    }

    private JsonNode say(Node node, String id) {
        return node.post("/api/widget/dialogs/" + visit.dialogId() + "/messages", visit.token(),
                Map.of("client_msg_id", id, "text", "/say fine"));
    }

    private void awaitStored(long messages) {
        Awaitility.await().until(() -> count("messages where dialog_id = " + visit.dialogId()) == messages);
    }

    private static long count(String what) {
        return Await.await(NODES.database.client().sql("select count(*) from " + what).mapValue(Long.class).one());
    }
}
