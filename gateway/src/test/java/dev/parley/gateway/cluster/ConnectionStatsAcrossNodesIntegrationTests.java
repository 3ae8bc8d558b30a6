package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.transport.TestSocket;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** {@code GET /api/connection_stats} of two nodes. */
@ResourceLock(Lanes.NODES)
class ConnectionStatsAcrossNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final String admin = NODES.adminToken();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @Test
    void itTellsOfAllNodesTogetherAndOfEach() throws Exception {
        Visit one = NODES.visit();
        Visit other = NODES.visit();
        try (TestSocket here = widget(0, one);
                TestSocket there = widget(1, one);
                TestSocket second = widget(1, other)) {
            here.await("hello");
            there.await("hello");
            second.await("hello");
            for (int i = 0; i < 2; i++) {
                JsonNode stats = stats(i);
                assertThat(stats.at("/server_stats/active_connections").asInt()).isEqualTo(3);
                assertThat(stats.at("/transports/websocket/active").asInt()).isEqualTo(3);
                assertThat(stats.path("active_visitors").asInt()).as("once, whoever is on two nodes").isEqualTo(2);
                assertThat(stats.path("active_rooms").asInt()).isEqualTo(2);
                assertThat(stats.path("nodes")).hasSize(2).allMatch(node -> node.path("answering").asBoolean());
                int own = i + 1;
                assertThat(stats.at("/nodes/0/stats/server_stats/active_connections").asInt()).isEqualTo(own);
                assertThat(stats.at("/nodes/1/stats/server_stats/active_connections").asInt()).isEqualTo(3 - own);
            }
        }
    }

    @Test
    void aNodeThatDoesNotAnswerIsListedAllTheSame() {
        NODES.node(1).toRedis().cut();
        try {
            Awaitility.await().atMost(PATIENCE).until(() -> NODES.node(1).metric("parley.bus.whole") == 0);
            JsonNode nodes = stats(0).path("nodes");
            assertThat(nodes).hasSize(2);
            assertThat(nodes.path(0).path("answering").asBoolean()).isTrue();
            assertThat(nodes.path(1).path("answering").asBoolean()).isFalse();
            assertThat(nodes.path(1).has("stats")).isFalse();
        } finally {
            NODES.node(1).toRedis().heal();
        }
    }

    private JsonNode stats(int node) {
        return NODES.node(node).get("/api/connection_stats", admin).path("stats");
    }

    private static TestSocket widget(int node, Visit visit) throws Exception {
        return TestSocket.open(NODES.node(node).address(), "/ws/widget/dialogs/" + visit.dialogId(), visit.token());
    }
}
