package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Nobody gets more by going from one node to the other. */
@ResourceLock(Lanes.NODES)
class TwoNodesLimitsIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Of each limit. One more comes every six seconds, should the tests take so long. */
    private static final int BURST = 10;
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2,
            "--parley.connections.exempt-networks=192.0.2.0/24",
            "--parley.connections.new-per-address-per-minute=" + BURST,
            "--parley.messages.per-user-per-minute=" + BURST, "--parley.answers.max-per-user=3");

    private final Visit visit = NODES.visit();

    @Test
    void anAddressMayOpenAsManyConnectionsOnBothNodesTogetherAsOnOne() {
        String first = "/poll/widget/dialogs/%d?wait=0".formatted(visit.dialogId());
        assertThat(allowed((node, _) -> node.client().get().uri(first))).isBetween(BURST, 2 * BURST - 2);
    }

    @Test
    void aUserMaySendAsManyMessagesOnBothNodesTogetherAsOnOne() {
        String messages = "/api/widget/dialogs/%d/messages".formatted(visit.dialogId());
        assertThat(allowed((node, number) -> node.client()
                .post()
                .uri(messages)
                .bodyValue(Map.of("client_msg_id", "m" + number, "text", "/say it")))).isBetween(BURST, 2 * BURST - 2);
    }

    @Test
    void aUserMayHaveAsManyAnswersOpenOnBothNodesTogetherAsOnOne() {
        List<String> requests = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            requests.add(ask(i % 2, "m" + i).at("/answer/request_id").asString());
        }
        assertThat(requests).doesNotContain("");
        for (int i = 0; i < 2; i++) {
            JsonNode fourth = ask(i, "more" + i);
            assertThat(fourth.path("answer").isMissingNode()).isTrue();
            assertThat(fourth.at("/answer_refused/code").asString()).isEqualTo("rate_limited");
        }
        NODES.node(1).delete("/api/ai/requests/" + requests.getFirst(), visit.token());
        Awaitility.await().atMost(PATIENCE).until(
                () -> NODES.node(1).get("/api/ai/requests", visit.token()).path("requests").size() == 2);
        Awaitility.await().atMost(PATIENCE).until(() -> ask(1, "after").has("answer"));
    }

    @Test
    void aPasswordMayBeGuessedAsOftenOnBothNodesTogetherAsOnOne() {
        int looked = 0;
        for (int i = 0; i < 2 * BURST; i++) {
            int status = NODES.node(i % 2).client().post().uri("/api/auth/login")
                    .bodyValue(Map.of("username", "whoever", "password", "guess" + i))
                    .exchangeToMono(response -> response.releaseBody().then(Mono.just(response.statusCode().value())))
                    .blockOptional(PATIENCE)
                    .orElseThrow();
            assertThat(status).isIn(401, 429);
            looked += status == 401 ? 1 : 0;
        }
        assertThat(looked).isBetween(5, 9);
    }

    private JsonNode ask(int node, String id) {
        return NODES.node(node).post("/api/widget/dialogs/%d/messages".formatted(visit.dialogId()), visit.token(),
                Map.of("client_msg_id", id, "text", "/long 500"));
    }

    /** How many are not refused, of as many at each node as one node would allow. */
    private int allowed(BiFunction<Node, Integer, WebClient.RequestHeadersSpec<?>> request) {
        int allowed = 0;
        for (int i = 0; i < 2 * BURST; i++) {
            int status = request.apply(NODES.node(i % 2), i)
                    .headers(headers -> headers.setBearerAuth(visit.token()))
                    .exchangeToMono(response -> response.releaseBody().then(Mono.just(response.statusCode().value())))
                    .blockOptional(PATIENCE)
                    .orElseThrow();
            assertThat(status).isIn(200, 201, 429);
            allowed += status == 429 ? 0 : 1;
        }
        return allowed;
    }
}
