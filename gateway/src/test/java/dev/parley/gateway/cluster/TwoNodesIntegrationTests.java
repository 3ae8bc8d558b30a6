package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** Two nodes are one gateway: what is said on one is heard on the other, whatever becomes of Redis. */
@ResourceLock(Lanes.NODES)
class TwoNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final Visit visit = NODES.visit();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    private static boolean isWhole(int node) {
        return NODES.node(node).metric("parley.bus.whole") == 1;
    }

    private static double found(int node) {
        return NODES.node(node).metric("parley.bus.missed");
    }

    @ParameterizedTest
    @EnumSource(Carrier.class)
    void whatIsSaidOnOneNodeIsHeardOnTheOtherAtOnce(Carrier carrier) {
        double before = found(0) + found(1);
        try (Follower here = follow(0, carrier); Follower there = follow(1, carrier)) {
            List<String> requests = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                Follower speaker = i % 2 == 0 ? here : there;
                requests.add(request(speaker.say("m" + i, "/say fine " + i)));
            }
            for (Follower follower : List.of(here, there)) {
                follower.judge().await("all answers", judge -> requests.stream().allMatch(judge::isOver));
                follower.judge().await("all messages", judge -> judge.last() == 20);
            }
            assertThat(here.judge().log()).isEqualTo(there.judge().log());
        }
        // The log is looked at now and then anyway, and may know of a message just before the bus has told it.
        assertThat(found(0) + found(1) - before).isLessThan(5);
    }

    @Test
    void whoComesLateToTheOtherNodeGetsTheTextSoFarAndThenTheRest() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET)) {
            String request = request(here.say("m", "/long 120"));
            here.judge().await("a part of the answer", judge -> judge.text(request).length() > 150);
            try (Follower late = follow(1, Carrier.WEB_SOCKET)) {
                late.judge().await("the text so far", judge -> judge.text(request).length() > 150);
                assertThat(late.judge().isOver(request)).isFalse();
                late.judge().await("the end", judge -> judge.isOver(request));
                here.judge().await("the end", judge -> judge.isOver(request));
                assertThat(late.judge().text(request)).isEqualTo(here.judge().text(request));
            }
        }
    }

    @Test
    void aNodeThatHasHeardNothingOfADialogFindsItsNewestMessagesInRedis() {
        Visit quiet = NODES.visit();
        try (Follower here = Follower.since(quiet.on(NODES.node(0)), 0)) {
            here.start(Carrier.WEB_SOCKET);
            String request = request(here.say("m", "/say ok"));
            here.judge().await("the answer", judge -> judge.isOver(request) && judge.last() == 2);
        }
        double hits = NODES.node(1).metric("parley.recent.lookups", "result", "hit");
        double reads = NODES.node(1).metric("parley.log.reads");
        try (Follower there = Follower.since(quiet.on(NODES.node(1)), 0)) {
            there.start(Carrier.WEB_SOCKET);
            there.judge().await("all messages", judge -> judge.last() == 2);
        }
        assertThat(NODES.node(1).metric("parley.recent.lookups", "result", "hit")).isEqualTo(hits + 1);
        assertThat(NODES.node(1).metric("parley.log.reads")).isEqualTo(reads);
    }

    @Test
    void whileOneNodeIsCutOffFromRedisItsFollowersFindEverythingInTheLog() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET); Follower there = follow(1, Carrier.SSE)) {
            NODES.node(1).toRedis().cut();
            Awaitility.await().atMost(PATIENCE).until(() -> !isWhole(1));
            assertThat(health(1)).isEqualTo("DEGRADED");
            String one = request(here.say("one", "/say one"));
            String two = request(there.say("two", "/say two"));
            awaitBoth(here, there, one, two);

            NODES.node(1).toRedis().heal();
            Awaitility.await().atMost(PATIENCE).until(() -> isWhole(1));
            assertThat(health(1)).isEqualTo("UP");
            String three = request(here.say("three", "/say three"));
            awaitBoth(here, there, one, two, three);
        }
    }

    @Test
    void whileRedisIsAwayAndComesBackEmptyNothingIsLost() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET); Follower there = follow(1, Carrier.POLL)) {
            String one = request(here.say("one", "/say one"));
            NODES.redis.kill();
            String two = request(there.say("two", "/say two"));
            String three = request(here.say("three", "/say three"));
            awaitBoth(here, there, one, two, three);
            NODES.redis.startAgain();
            NODES.awaitHearing();
            String four = request(there.say("four", "/say four"));
            awaitBoth(here, there, one, two, three, four);
        }
    }

    /** Nodes that hear each other compare what they have heard with the log every half minute. */
    @Test
    void whatAFullRedisDoesNotKeepIsToldSoonerThanItIsFoundInTheLog() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET); Follower there = follow(1, Carrier.WEB_SOCKET)) {
            NODES.redis.say("CONFIG SET maxmemory 1");
            long said = here.say("one", "/say one").path("seq").asLong();
            there.judge().await("the question", Duration.ofSeconds(10), judge -> judge.last() >= said);
        } finally {
            NODES.redis.say("CONFIG SET maxmemory 0");
        }
    }

    @Test
    void whileRedisIsFrozenNobodyWaitsForIt() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET); Follower there = follow(1, Carrier.WEB_SOCKET)) {
            NODES.redis.freeze();
            try {
                String one = request(here.say("one", "/say one"));
                String two = request(there.say("two", "/say two"));
                here.judge().await("its own answer", judge -> judge.isOver(one));
                there.judge().await("its own answer", judge -> judge.isOver(two));
                Awaitility.await().atMost(PATIENCE).until(() -> !isWhole(0) && !isWhole(1));
                awaitBoth(here, there, one, two);
            } finally {
                NODES.redis.thaw();
            }
            NODES.awaitHearing();
            String three = request(here.say("three", "/say three"));
            awaitBoth(here, there, three);
        }
    }

    @Test
    void whenAllInRedisIsThrownAwayNothingIsLost() {
        try (Follower here = follow(0, Carrier.WEB_SOCKET); Follower there = follow(1, Carrier.WEB_SOCKET)) {
            List<String> requests = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                requests.add(request((i % 2 == 0 ? here : there).say("m" + i, "/say fine")));
                if (i % 5 == 0) {
                    assertThat(NODES.redis.say("FLUSHALL")).isEqualTo("+OK");
                }
            }
            awaitBoth(here, there, requests.toArray(String[]::new));
        }
    }

    private static void awaitBoth(Follower here, Follower there, String... requests) {
        for (Follower follower : List.of(here, there)) {
            follower.judge().await("all answers", judge -> List.of(requests).stream().allMatch(judge::isOver));
        }
        long newest = Math.max(here.judge().last(), there.judge().last());
        for (Follower follower : List.of(here, there)) {
            follower.judge().await("all messages", judge -> judge.last() >= newest);
        }
        assertThat(here.judge().log()).isEqualTo(there.judge().log());
    }

    private Follower follow(int node, Carrier carrier) {
        Follower follower = Follower.since(visit.on(NODES.node(node)), 0).persistent();
        follower.start(carrier);
        return follower;
    }

    private static String request(JsonNode reply) {
        String request = reply.path("answer").path("request_id").asString("");
        assertThat(request).as(reply.toString()).isNotEmpty();
        return request;
    }

    private static String health(int node) {
        return NODES.node(node).get("/actuator/health/readiness", "").path("status").asString();
    }
}
