package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How much one may ask for, by the frames of a WebSocket and by requests. */
@TestPropertySource(properties = {"parley.connections.frames-per-minute=600",
        "parley.dialogs.requests-per-user-per-minute=30"})
class RequestRatesIntegrationTests extends Conversations {

    private static final int FRAMES = 600;
    private static final int REQUESTS = 30;
    private static final int TOO_MANY = 4429;
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String PING = "{\"type\":\"ping\"}";

    @Test
    void whoGoesOnRegardlessIsToldSoForAWhileAndThenSentAway() throws IOException {
        long before = refused("frames");
        Opened visitor = visitor();
        try (RawWebSocket flood = open(visitor); RawWebSocket other = open(visitor)) {
            List<JsonNode> answers = new ArrayList<>();
            RawWebSocket.Frame last = ask(flood, RawWebSocket.TEXT, bytes(PING));
            while (last.opcode() != RawWebSocket.CLOSE) {
                answers.add(JSON.readTree(last.text()));
                last = ask(flood, RawWebSocket.TEXT, bytes(PING));
            }
            assertThat(last.closeCode()).isEqualTo(TOO_MANY);
            assertThat(answers.stream().filter(answer -> type(answer).equals("pong")).count())
                    .isGreaterThanOrEqualTo(FRAMES);
            List<JsonNode> ofTheEnd = answers.subList(answers.size() - FrameLimit.TOLERATED + 1, answers.size());
            assertThat(ofTheEnd).allSatisfy(error -> {
                assertThat(type(error)).isEqualTo("error");
                assertThat(error.path("code").asString()).isEqualTo("rate_limited");
                assertThat(error.path("retry_after_ms").asLong()).isPositive();
            });
            assertThat(refused("frames")).isGreaterThanOrEqualTo(before + FrameLimit.TOLERATED);

            other.text(PING);
            assertThat(type(JSON.readTree(other.nextText()))).isEqualTo("pong");
        }
    }

    @Test
    void whoWaitsAsItIsToldGoesOnAtTheRateAndNoFaster() throws Exception {
        try (RawWebSocket socket = open(visitor())) {
            long start = System.nanoTime();
            int answered = 0;
            while (answered < FRAMES + 20) {
                JsonNode answer = JSON.readTree(ask(socket, RawWebSocket.TEXT, bytes(PING)).text());
                if (type(answer).equals("pong")) {
                    answered++;
                } else {
                    Thread.sleep(answer.path("retry_after_ms").asLong());
                }
            }
            long tenths = (System.nanoTime() - start) / Duration.ofMillis(100).toNanos();
            assertThat((long) answered).isLessThanOrEqualTo(FRAMES + tenths + 1);
        }
    }

    @Test
    void aRefusalNamesWhatWasRefusedSoThatItCanBeSaidAgain() throws Exception {
        Opened visitor = visitor();
        String subscribe = "{\"type\":\"subscribe\",\"dialog_id\":%d}".formatted(visitor.dialogId());
        String message = "{\"type\":\"message\",\"dialog_id\":%d,\"client_msg_id\":\"m1\",\"text\":\"/say 1\"}"
                .formatted(visitor.dialogId());
        try (RawWebSocket socket = RawWebSocket.open(Wire.to(address()), "/ws/widget?assistant_id=1",
                visitor.token())) {
            String answer = "pong";
            while (answer.equals("pong")) {
                answer = type(JSON.readTree(ask(socket, RawWebSocket.TEXT, bytes(PING)).text()));
            }
            JsonNode unsaid = JSON.readTree(ask(socket, RawWebSocket.TEXT, bytes(message)).text());
            assertThat(unsaid.path("code").asString()).isEqualTo("rate_limited");
            assertThat(unsaid.path("client_msg_id").asString()).isEqualTo("m1");
            assertThat(unsaid.path("dialog_id").asLong()).isEqualTo(visitor.dialogId());
            JsonNode unfollowed = JSON.readTree(ask(socket, RawWebSocket.TEXT, bytes(subscribe)).text());
            assertThat(unfollowed.path("code").asString()).isEqualTo("rate_limited");
            assertThat(unfollowed.path("dialog_id").asLong()).isEqualTo(visitor.dialogId());

            Thread.sleep(unfollowed.path("retry_after_ms").asLong());
            JsonNode hello = JSON.readTree(ask(socket, RawWebSocket.TEXT, bytes(subscribe)).text());
            assertThat(type(hello)).isEqualTo("hello");
        }
    }

    @Test
    void pingsOfTheWebSocketItselfCountAsWell() throws IOException {
        try (RawWebSocket flood = open(visitor())) {
            RawWebSocket.Frame last = ask(flood, RawWebSocket.PING, bytes("p"));
            for (int i = 1; i < FRAMES; i++) {
                assertThat(last.opcode()).isEqualTo(RawWebSocket.PONG);
                assertThat(last.text()).isEqualTo("p");
                last = ask(flood, RawWebSocket.PING, bytes("p"));
            }
            while (last.opcode() != RawWebSocket.CLOSE) {
                last = ask(flood, RawWebSocket.PING, bytes("p"));
            }
            assertThat(last.closeCode()).isEqualTo(TOO_MANY);
        }
    }

    @Test
    void soDoThePartsOfAMessageThatNeverEnds() throws IOException {
        try (RawWebSocket flood = open(visitor())) {
            flood.send(RawWebSocket.TEXT, false, bytes("{"));
            for (int i = 0; i < FRAMES + FrameLimit.TOLERATED / 2; i++) {
                flood.send(RawWebSocket.CONTINUATION, false, new byte[0]);
            }
            assertThat(JSON.readTree(flood.nextText()).path("code").asString()).isEqualTo("rate_limited");
        }
    }

    @Test
    void requestsOfAUserHaveALimitWhateverTheyAskAndOthersAreNotTouched() {
        Opened visitor = visitor();
        long before = refused("requests");
        int asked = 0;
        EntityExchangeResult<String> answer;
        do {
            answer = ask(visitor, asked++ % 3);
        } while (answer.getStatus().is2xxSuccessful() && asked < 10 * REQUESTS);

        assertThat(asked).isGreaterThan(REQUESTS);
        assertThat(answer.getStatus().value()).isEqualTo(429);
        JsonNode problem = JSON.readTree(answer.getResponseBody());
        assertThat(problem.path("code").asString()).isEqualTo("rate_limited");
        assertThat(problem.path("retry_after_ms").asLong()).isBetween(1L, 2_000L);
        assertThat(refused("requests")).isGreaterThan(before);
        Opened other = visitor();
        json(request(HttpMethod.GET, "/api/widget/dialogs/" + other.dialogId(), other.token()), 200);
    }

    private EntityExchangeResult<String> ask(Opened visitor, int what) {
        String dialog = "/api/widget/dialogs/" + visitor.dialogId();
        return (switch (what) {
            case 0 -> request(HttpMethod.GET, dialog + "/messages", visitor.token());
            case 1 -> request(HttpMethod.POST, dialog + "/receipts", visitor.token()).bodyValue(Map.of("read_seq", 0));
            default -> request(HttpMethod.GET, "/api/widget/dialogs", visitor.token());
        }).exchange().expectBody(String.class).returnResult();
    }

    private long refused(String limit) {
        return JSON.valueToTree(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200)).path("stats")
                .path("rate_limits").path(limit).asLong(-1);
    }

    private RawWebSocket open(Opened visitor) throws IOException {
        RawWebSocket socket = RawWebSocket.open(Wire.to(address()), "/ws/widget/dialogs/" + visitor.dialogId(),
                visitor.token());
        assertThat(socket.nextText()).contains("\"hello\"");
        return socket;
    }

    /** One frame, and what comes of it. */
    private static RawWebSocket.Frame ask(RawWebSocket socket, int opcode, byte[] payload) throws IOException {
        socket.send(opcode, true, payload);
        return socket.frame();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String type(JsonNode frame) {
        return frame.path("type").asString();
    }
}
