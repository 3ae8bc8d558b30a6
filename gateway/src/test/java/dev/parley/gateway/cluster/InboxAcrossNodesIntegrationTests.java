package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.transport.TestSocket;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Operators see on one node what changes on another, also where nobody follows the dialog there. */
@ResourceLock(Lanes.NODES)
class InboxAcrossNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final String operator = NODES.adminToken();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @Test
    void whatChangesOnOneNodeIsToldToWhomWatchesOnTheOther() throws Exception {
        try (TestSocket inbox = inbox(1)) {
            Visit visit = NODES.visit();
            inbox.await("dialog_updated", of(visit));
            NODES.say(NODES.node(0), visit, "m", "/say hello");
            inbox.await("dialog_updated", of(visit).and(seq(2)));
            NODES.node(0).post(path(visit, "handoff"), operator, Map.of());
            inbox.await("dialog_updated", of(visit).and(with("mode", "human")));
            NODES.node(0).post(path(visit, "close"), operator, Map.of());
            inbox.await("dialog_updated", of(visit).and(with("status", "closed")));
        }
        assertThat(NODES.node(1).metric("parley.rooms")).isZero();
    }

    @Test
    void whatHasChangedWhileRedisWasAwayIsNotLost() throws Exception {
        Visit visit = NODES.visit();
        try (TestSocket inbox = inbox(1)) {
            NODES.redis.kill();
            NODES.say(NODES.node(0), visit, "m", "/say hello");
            long beginnings = inbox.frames("hello").size();
            NODES.redis.startAgain();
            Awaitility.await().atMost(PATIENCE).until(() -> inbox.frames("hello").size() > beginnings);
            NODES.say(NODES.node(0), visit, "n", "/say hello again");
            inbox.await("dialog_updated", of(visit).and(seq(4)));
        }
    }

    @Test
    void whereTheWatchersNodeHasNotHeardForAWhileTheyBeginAnew() throws Exception {
        try (TestSocket inbox = inbox(1)) {
            NODES.node(1).toRedis().cut();
            Awaitility.await().atMost(PATIENCE).until(() -> NODES.node(1).metric("parley.bus.whole") == 0);
            NODES.visit();
            long beginnings = inbox.frames("hello").size();
            NODES.node(1).toRedis().heal();
            Awaitility.await().atMost(PATIENCE).until(() -> inbox.frames("hello").size() > beginnings);
        }
    }

    private TestSocket inbox(int node) throws Exception {
        TestSocket socket = TestSocket.open(NODES.node(node).address(), "/ws", operator);
        socket.send("{\"type\":\"subscribe\",\"inbox\":true}");
        socket.await("hello");
        return socket;
    }

    private static String path(Visit visit, String below) {
        return "/api/dialogs/%d/%s".formatted(visit.dialogId(), below);
    }

    private static Predicate<JsonNode> of(Visit visit) {
        return frame -> frame.path("dialog_id").asLong() == visit.dialogId();
    }

    private static Predicate<JsonNode> seq(long least) {
        return frame -> frame.path("dialog").path("seq").asLong() >= least;
    }

    private static Predicate<JsonNode> with(String field, String value) {
        return frame -> frame.path("dialog").path(field).asString().equals(value);
    }
}
