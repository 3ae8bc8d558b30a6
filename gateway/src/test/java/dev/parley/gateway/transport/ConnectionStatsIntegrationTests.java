package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code GET /api/connection_stats}, of a gateway that nobody else connects to. */
@TestPropertySource(properties = "parley.connections.ping-interval=1s")
class ConnectionStatsIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();

    @BeforeEach
    void nobodyIsLeft() {
        Awaitility.await().untilAsserted(() -> {
            assertThat(server(stats(), "active_connections")).isZero();
            assertThat(stats().path("active_rooms").asInt()).isZero();
        });
    }

    @Test
    void onlyAdministratorsMayKnow() {
        json(client().get().uri("/api/connection_stats"), 401);
        json(request(HttpMethod.GET, "/api/connection_stats", operatorToken()), 403);
        json(request(HttpMethod.POST, "/api/connection_stats", admin()), 405);
        assertThat(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200)).containsEntry("success", true);
    }

    @Test
    void itTellsWhoIsThereAndWhatHasBeen() throws Exception {
        Opened one = visitor();
        Opened other = visitor();
        JsonNode before = stats();
        try (Reader socket = Reader.open(Reader.Transport.WEB_SOCKET, address(), one, "0");
                Reader stream = Reader.open(Reader.Transport.SSE, address(), one, "0");
                Reader second = Reader.open(Reader.Transport.SSE, address(), other, "0");
                TestSocket operator = operator(other.dialogId(), operatorToken())) {
            socket.await("hello");
            stream.await("hello");
            second.await("hello");
            operator.await("hello");
            JsonNode now = stats();
            assertThat(now.path("active_visitors").asInt()).isEqualTo(2);
            assertThat(now.path("active_rooms").asInt()).isEqualTo(2);
            assertThat(now.path("admin_rooms").asInt()).isEqualTo(1);
            assertThat(now.path("timestamp").asLong()).isBetween(Instant.now().getEpochSecond() - 60,
                    Instant.now().getEpochSecond() + 60);
            assertThat(server(now, "active_connections")).isEqualTo(4);
            assertThat(server(now, "peak_connections")).isGreaterThanOrEqualTo(4);
            assertThat(server(now, "total_connections")).isEqualTo(server(before, "total_connections") + 4);
            assertThat(server(now, "connection_rate")).isGreaterThanOrEqualTo(4);
            assertThat(transport(now, "websocket").path("active").asInt()).isEqualTo(2);
            assertThat(transport(now, "sse").path("active").asInt()).isEqualTo(2);
            assertThat(now.path("nodes")).singleElement().satisfies(node -> {
                assertThat(node.path("answering").asBoolean()).isTrue();
                assertThat(server(node.path("stats"), "active_connections")).isEqualTo(4);
                assertThat(node.path("stats").has("nodes")).isFalse();
            });
        }
        Awaitility.await().untilAsserted(() -> {
            JsonNode after = stats();
            assertThat(server(after, "active_connections")).isZero();
            assertThat(after.path("active_visitors").asInt()).isZero();
            assertThat(after.path("active_rooms").asInt()).isZero();
            assertThat(transport(after, "sse").path("closed").asLong())
                    .isEqualTo(transport(after, "sse").path("opened").asLong());
            assertThat(transport(after, "websocket").path("durations").path("max_ms").asDouble()).isPositive();
        });
    }

    @Test
    void pollsAreConnectionsWhileTheyAreAnswered() throws Exception {
        Opened visitor = visitor();
        post(visitor, "m1", "/say hello", 201);
        JsonNode before = stats();
        json(request(HttpMethod.GET, "/poll/widget/dialogs/%d?wait=0&since=0".formatted(visitor.dialogId()),
                visitor.token()), 200);
        try (TestPolls polls = TestPolls.start(address() + "/poll/widget/dialogs/" + visitor.dialogId(),
                visitor.token(), "2")) {
            Awaitility.await().untilAsserted(() -> {
                assertThat(transport(stats(), "poll").path("active").asInt()).isOne();
                assertThat(stats().path("active_visitors").asInt()).isOne();
            });
            assertThat(polls.events()).isEmpty();
        }
        JsonNode after = stats();
        assertThat(after.path("delivery").path("bytes").asLong())
                .isGreaterThan(before.path("delivery").path("bytes").asLong());
        assertThat(after.path("delivery").path("events").asLong())
                .isGreaterThan(before.path("delivery").path("events").asLong());
    }

    @Test
    void aSharedSocketIsInAllOfItsRooms() throws Exception {
        Opened one = visitor();
        Opened other = visitor();
        try (TestSocket socket = TestSocket.open(address(), "/ws", operatorToken())) {
            socket.send("{\"type\":\"subscribe\",\"dialog_id\":%d}".formatted(one.dialogId()));
            socket.send("{\"type\":\"subscribe\",\"dialog_id\":%d}".formatted(other.dialogId()));
            socket.await("hello", hello -> hello.path("dialog_id").asLong() == other.dialogId());
            assertThat(stats().path("active_rooms").asInt()).isEqualTo(2);
            assertThat(stats().path("admin_rooms").asInt()).isEqualTo(2);
            socket.send("{\"type\":\"unsubscribe\",\"dialog_id\":%d}".formatted(one.dialogId()));
            socket.await("unsubscribed");
            assertThat(stats().path("active_rooms").asInt()).isEqualTo(1);
            assertThat(stats().path("active_visitors").asInt()).isZero();
        }
    }

    @Test
    void whatIsDeliveredIsCountedOnEachTransport() throws Exception {
        Opened visitor = visitor();
        try (Reader socket = Reader.open(Reader.Transport.WEB_SOCKET, address(), visitor, "0");
                Reader stream = Reader.open(Reader.Transport.SSE, address(), visitor, "0")) {
            socket.await("hello");
            stream.await("hello");
            JsonNode before = stats().path("delivery");
            post(visitor, "m1", "/say hello", 201);
            socket.await("answer_finished");
            stream.await("answer_finished");
            Awaitility.await().untilAsserted(() -> {
                JsonNode after = stats().path("delivery");
                // On each at least two messages, and the answer's start and end.
                assertThat(after.path("events").asLong()).isGreaterThanOrEqualTo(before.path("events").asLong() + 8);
                assertThat(after.path("bytes").asLong()).isGreaterThan(before.path("bytes").asLong() + 8 * 20);
                assertThat(after.path("p99_ms").asDouble()).isPositive()
                        .isGreaterThanOrEqualTo(after.path("p50_ms").asDouble());
            });
        }
    }

    @Test
    void theTimeFromAPingToItsPongIsMeasured() throws Exception {
        try (TestSocket socket = widget(visitor(), "")) {
            socket.await("hello");
            Awaitility.await().untilAsserted(() -> {
                assertThat(stats().path("quality").path("round_trip_p50_ms").asDouble()).isPositive();
                assertThat(stats().path("quality").path("round_trip_p95_ms").asDouble()).isPositive();
            });
        }
    }

    @Test
    void itTellsHowWebSocketsEnd() throws Exception {
        long normal = closes("1000");
        long binary = closes("1003");
        long abrupt = closes("1006");
        Opened visitor = visitor();
        try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket = client.newWebSocketBuilder().subprotocols("parley", "bearer." + visitor.token())
                    .buildAsync(URI.create(address().replace("http:", "ws:") + "/ws/widget/dialogs/"
                            + visitor.dialogId()), new WebSocket.Listener() {
                            })
                    .join();
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        }
        try (TestSocket socket = widget(visitor, "")) {
            socket.await("hello");
            socket.sendBinary((byte) 1);
            assertThat(socket.closeCode()).isEqualTo(1003);
        }
        try (TestSocket socket = widget(visitor, "")) {
            socket.await("hello");
        }
        Awaitility.await().untilAsserted(() -> {
            assertThat(closes("1000")).isEqualTo(normal + 1);
            assertThat(closes("1003")).isEqualTo(binary + 1);
            assertThat(closes("1006")).isGreaterThanOrEqualTo(abrupt + 1);
        });
    }

    private long closes(String code) {
        return stats().path("quality").path("closes").path(code).asLong();
    }

    @Test
    void clientsThatFellBackAreCountedOnceTheyAreIn() throws Exception {
        Opened visitor = visitor();
        JsonNode before = stats().path("fallbacks");
        json(request(HttpMethod.GET, poll(visitor, "sse"), "nobody"), 401);
        json(request(HttpMethod.GET, poll(visitor, "sse"), visitor.token()), 200);
        json(request(HttpMethod.GET, poll(visitor, "websocket"), visitor.token()), 200);
        json(request(HttpMethod.GET, poll(visitor, ""), visitor.token()), 200);
        try (TestStream stream = TestStream.open(address(),
                "/sse/widget/dialogs/%d?fallback_from=websocket".formatted(visitor.dialogId()), visitor.token())) {
            stream.await("hello");
        }
        JsonNode after = stats().path("fallbacks");
        assertThat(after.path("sse").path("poll").asLong()).isEqualTo(before.path("sse").path("poll").asLong() + 1);
        assertThat(after.path("websocket").path("poll").asLong())
                .isEqualTo(before.path("websocket").path("poll").asLong() + 1);
        assertThat(after.path("websocket").path("sse").asLong())
                .isEqualTo(before.path("websocket").path("sse").asLong() + 1);
    }

    @Test
    void whatNobodyFallsBackFromIsABadRequest() {
        Opened visitor = visitor();
        assertThat(json(request(HttpMethod.GET, poll(visitor, "carrier-pigeon"), visitor.token()), 400))
                .containsEntry("detail", "fallback_from: expected websocket or sse");
        assertThat(transport(stats(), "poll").path("refused").path("bad_request").asLong()).isPositive();
    }

    private static String poll(Opened visitor, String from) {
        return "/poll/widget/dialogs/%d?wait=0&fallback_from=%s".formatted(visitor.dialogId(), from);
    }

    private JsonNode stats() {
        return JSON.valueToTree(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200)).path("stats");
    }

    private static long server(JsonNode stats, String field) {
        return stats.path("server_stats").path(field).asLong(-1);
    }

    private static JsonNode transport(JsonNode stats, String name) {
        return stats.path("transports").path(name);
    }
}
