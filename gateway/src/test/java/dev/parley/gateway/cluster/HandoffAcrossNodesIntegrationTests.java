package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** A human takes over on one node while the assistant speaks on another: not a word is out of place. */
@ResourceLock(Lanes.NODES)
class HandoffAcrossNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final Visit visit = NODES.visit();
    private final String operator = NODES.adminToken();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @RepeatedTest(10)
    void whatWasSeenIsKeptAndNothingFollowsIt() {
        try (Follower visitor = follow(0); Follower onlooker = watch(1)) {
            String request = request(visitor.say("m", "/long 300"));
            onlooker.judge().await("some words", judge -> judge.text(request).length() > 20);
            NODES.node(1).post(handoff(), operator, Map.of());

            for (Follower follower : List.of(visitor, onlooker)) {
                follower.judge().await("the takeover", judge -> judge.hasLogged("handoff_started"));
                follower.judge().await("the answer's end", judge -> judge.reason(request).equals("handoff"));
            }
            // The judges have compared what was seen growing with what was stored, and hear nothing after it.
            assertThat(stored(visitor, request)).startsWith(visitor.judge().text(request))
                    .startsWith(onlooker.judge().text(request)).isNotBlank();
            Awaitility.await().atMost(PATIENCE).until(() -> running() == 0);
        }
    }

    @Test
    void theAssistantGoesOnWhenItIsGivenTheDialogBackOnAnotherNode() {
        try (Follower visitor = follow(0); Follower onlooker = watch(1)) {
            String first = request(visitor.say("m", "/long 300"));
            onlooker.judge().await("some words", judge -> judge.text(first).length() > 20);
            NODES.node(1).post(handoff(), operator, Map.of());
            NODES.node(1).delete(handoff(), operator);
            visitor.judge().await("the assistant's return", judge -> judge.hasLogged("handoff_ended"));
            String second = request(visitor.say("again", "/say I am back"));
            for (Follower follower : List.of(visitor, onlooker)) {
                follower.judge().await("the second answer", judge -> judge.isOver(second));
            }
            assertThat(stored(visitor, second)).isEqualTo("I am back");
        }
    }

    @Test
    void whereRedisIsAwayATakeoverIsNotHeldUpAndTheAnswerEndsAllTheSame() throws IOException {
        try (Follower visitor = follow(0)) {
            String request = request(visitor.say("m", "/long 300"));
            visitor.judge().await("some words", judge -> judge.text(request).length() > 20);
            NODES.node(1).toRedis().cut();
            NODES.node(1).post(handoff(), operator, Map.of());
            Awaitility.await().atMost(PATIENCE).until(() -> running() == 0);
        } finally {
            NODES.node(1).toRedis().heal();
        }
        try (Follower anew = follow(0)) {
            anew.judge().await("the takeover", judge -> judge.hasLogged("handoff_started"));
            assertThat(anew.judge().log().getLast().path("type").asString()).isEqualTo("handoff_started");
        }
    }

    @Test
    void aQuestionIsAnsweredAlsoWhereNobodyHasHeardThatTheAssistantIsBack() {
        try (Follower visitor = follow(0)) {
            NODES.node(0).post(handoff(), operator, Map.of());
            visitor.judge().await("the takeover", judge -> judge.hasLogged("handoff_started"));
            assertThat(visitor.say("m1", "Is anybody there?").has("answer")).isFalse();
            NODES.node(0).toRedis().cut();
            NODES.node(1).delete(handoff(), operator);
            String request = request(visitor.say("m2", "/say I am"));
            visitor.judge().await("the answer", judge -> judge.isOver(request));
            assertThat(stored(visitor, request)).isEqualTo("I am");
        } finally {
            NODES.node(0).toRedis().heal();
        }
    }

    private String handoff() {
        return "/api/dialogs/" + visit.dialogId() + "/handoff";
    }

    private static double running() {
        return NODES.node(0).metric("parley.answers.running");
    }

    private static String stored(Follower follower, String request) {
        return follower.judge().log().stream()
                .filter(message -> message.path("sender").asString().equals("assistant")
                        && message.path("request_id").asString().equals(request))
                .map(message -> message.path("text").asString())
                .findFirst()
                .orElse("");
    }

    private Follower follow(int node) {
        Follower follower = Follower.since(visit.on(NODES.node(node)), 0);
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }

    private Follower watch(int node) {
        Follower follower = Follower.since(
                new FollowedDialog(NODES.node(node).address(), "", visit.dialogId(), operator, true, 0), 0);
        follower.start(Carrier.SSE);
        return follower;
    }

    private static String request(JsonNode reply) {
        String request = reply.path("answer").path("request_id").asString("");
        assertThat(request).as(reply.toString()).isNotEmpty();
        return request;
    }
}
