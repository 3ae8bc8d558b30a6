package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import tools.jackson.databind.JsonNode;

/** Answers are seen and stopped from any node. */
@ResourceLock(Lanes.NODES)
class CancelAcrossNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final Visit visit = NODES.visit();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @Test
    void whoAskedOnOneNodeSeesItOnTheOtherAndCancelsItThere() {
        try (Follower visitor = follow(0); Follower there = follow(1)) {
            String request = request(visitor.say("m", "/long 1000"));
            there.judge().await("some words", judge -> judge.text(request).length() > 20);
            assertThat(NODES.node(1).get("/api/ai/requests", visit.token()).path("requests"))
                    .extracting(open -> open.path("request_id").asString()).containsExactly(request);
            assertThatStatusTellsOf(1);

            assertThat(NODES.node(1).delete("/api/ai/requests/" + request, visit.token()).path("cancelled").asInt())
                    .isOne();
            visitor.judge().await("its end", judge -> judge.reason(request).equals("cancelled"));
            there.judge().await("its end", judge -> judge.reason(request).equals("cancelled"));
            assertThat(NODES.node(1).delete("/api/ai/requests/" + request, visit.token()).path("cancelled").asInt())
                    .isZero();
            assertThat(NODES.node(1).get("/api/ai/requests", visit.token()).path("requests")).isEmpty();
        }
    }

    @Test
    void allOfOnesOwnAreCancelledWhicheverNodeTheyAreOn() {
        try (Follower here = follow(0); Follower there = follow(1)) {
            String one = request(here.say("one", "/long 300"));
            String two = request(there.say("two", "/long 300"));
            here.judge().await("both", judge -> !judge.text(one).isEmpty() && !judge.text(two).isEmpty());
            assertThat(NODES.node(0).delete("/api/ai/requests", visit.token()).path("cancelled").asInt()).isEqualTo(2);
            for (Follower follower : List.of(here, there)) {
                follower.judge().await("both ends", judge -> judge.reason(one).equals("cancelled")
                        && judge.reason(two).equals("cancelled"));
            }
        }
    }

    @Test
    void nobodyCancelsWhatSomebodyElseHasAskedForOnAnotherNode() {
        Visit stranger = NODES.visit();
        try (Follower visitor = follow(0)) {
            String request = request(visitor.say("m", "/long 100"));
            assertThatThrownBy(() -> NODES.node(1).delete("/api/ai/requests/" + request, stranger.token()))
                    .isInstanceOf(WebClientResponseException.NotFound.class);
            visitor.judge().await("the whole answer", judge -> judge.reason(request).equals("done"));
        }
    }

    @Test
    void whereTheOtherNodeCannotBeReachedOneIsToldSo() {
        try (Follower visitor = follow(0)) {
            String request = request(visitor.say("m", "/long 300"));
            visitor.judge().await("some words", judge -> judge.text(request).length() > 20);
            NODES.node(0).toRedis().cut();
            assertThat(NODES.node(1).get("/api/ai/requests", visit.token()).path("requests"))
                    .as("its node does not say which it has, but the log does")
                    .extracting(open -> open.path("request_id").asString()).containsExactly(request);
            assertThatThrownBy(() -> NODES.node(1).delete("/api/ai/requests/" + request, visit.token()))
                    .isInstanceOf(WebClientResponseException.ServiceUnavailable.class);
            NODES.node(0).toRedis().heal();
            Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(
                    () -> NODES.node(1).delete("/api/ai/requests/" + request, visit.token()).has("cancelled"));
            visitor.judge().await("its end", judge -> judge.isOver(request));
        } finally {
            NODES.node(0).toRedis().heal();
        }
    }

    /** Of both nodes together, and of each: the first node is the only one that works. */
    private static void assertThatStatusTellsOf(int running) {
        String admin = NODES.adminToken();
        for (int asked = 0; asked < 2; asked++) {
            Node node = NODES.node(asked);
            int own = asked == 0 ? running : 0;
            Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode status = node.get("/api/ai/status", admin);
                assertThat(status.path("processing").asInt()).isEqualTo(running);
                assertThat(status.path("nodes")).hasSize(2).allMatch(part -> part.path("answering").asBoolean());
                assertThat(status.at("/nodes/0/status/processing").asInt()).isEqualTo(own);
                assertThat(status.at("/nodes/1/status/processing").asInt()).isEqualTo(running - own);
                assertThat(status.at("/nodes/0/status").has("nodes")).isFalse();
            });
        }
    }

    private Follower follow(int node) {
        Follower follower = Follower.since(visit.on(NODES.node(node)), 0);
        follower.start(Carrier.WEB_SOCKET);
        return follower;
    }

    private static String request(JsonNode reply) {
        String request = reply.path("answer").path("request_id").asString("");
        assertThat(request).as(reply.toString()).isNotEmpty();
        return request;
    }
}
