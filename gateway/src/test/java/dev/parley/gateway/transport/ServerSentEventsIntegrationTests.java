package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

class ServerSentEventsIntegrationTests extends Conversations {

    @Autowired
    private Connections connections;

    private TestStream stream(Opened visitor, String query, String... headers) throws Exception {
        return TestStream.open(address(), "/sse/widget/dialogs/%d?%s".formatted(visitor.dialogId(), query),
                visitor.token(), headers);
    }

    @Test
    void aStreamTellsTheSameAsAWebSocket() throws Exception {
        Opened visitor = visitor();
        String operator = operatorToken();
        try (TestSocket socket = widget(visitor, "since=0&echo=true");
                TestStream stream = stream(visitor, "since=0&echo=true")) {
            stream.await("hello");
            socket.await("hello");
            post(visitor, "m1", "/say All the same, with a line\nbreak and 🍰", 201);
            stream.await("answer_finished");
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), operator), 200);
            stream.await("handoff_started");
            socket.await("handoff_started");

            assertThat(withoutHello(stream.events().stream().map(TestStream.Event::data).toList()))
                    .isEqualTo(withoutHello(socket.frames()));
            assertThat(stream.events()).allSatisfy(
                    event -> assertThat(event.type()).isEqualTo(event.data().path("type").asString()));
            assertThat(stream.events()).filteredOn(event -> event.data().has("seq") && event.type().equals("message"))
                    .hasSize(2)
                    .allSatisfy(event -> assertThat(event.id()).isEqualTo(event.data().path("seq").asString()));
        }
    }

    private static List<JsonNode> withoutHello(List<JsonNode> frames) {
        return frames.stream().filter(frame -> !frame.path("type").asString().equals("hello")).toList();
    }

    @Test
    void noProxyMayKeepOrHoldIt() throws Exception {
        try (TestStream stream = stream(visitor(), "")) {
            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
            assertThat(stream.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(stream.headers().firstValue("X-Accel-Buffering")).hasValue("no");
        }
    }

    @Test
    void whoComesBackWithTheLastIdGetsTheRestOnceWhateverTheAddressSays() throws Exception {
        Opened visitor = visitor();
        for (int i = 1; i <= 5; i++) {
            post(visitor, "m" + i, "/say number " + i, 201);
        }
        try (TestStream before = stream(visitor, "since=0&echo=true")) {
            before.await(event -> event.id().equals("10"));
        }
        try (TestStream after = stream(visitor, "since=0&echo=true", "Last-Event-ID", "7")) {
            post(visitor, "m6", "/say number 6", 201);
            after.await(event -> event.id().equals("12"));
            assertThat(after.events()).filteredOn(event -> event.type().equals("message"))
                    .extracting(TestStream.Event::id).containsExactly("8", "9", "10", "11", "12");
            assertThat(after.events().getFirst().id()).as("who is cut off at once goes on where it was").isEqualTo("7");
        }
    }

    @Test
    void anAnswerGoesOnAfterAChangeOfTransport() throws Exception {
        Opened visitor = visitor();
        String requestId;
        String seen;
        try (HeldAnswer held = HeldAnswer.next(MODEL, 20)) {
            try (TestSocket socket = widget(visitor, "since=0")) {
                socket.message("m1", "/long 40");
                socket.await("answer_delta");
                requestId = socket.await("ack").path("answer").path("request_id").asString();
                seen = socket.grown(requestId);
            }
            try (TestStream stream = stream(visitor, "since=1")) {
                TestStream.Event first = stream.await("answer_delta");
                held.goOn(20);
                assertThat(first.data().path("offset").asInt()).isZero();
                assertThat(first.data().path("text").asString()).startsWith(seen);
                assertThat(stream.await("answer_finished").data().path("request_id").asString()).isEqualTo(requestId);
                assertThat(stream.events()).filteredOn(event -> event.type().equals("message")).hasSize(1);
            }
        }
    }

    @Test
    void aQuietStreamShowsThatItLives() throws Exception {
        try (TestStream stream = stream(visitor(), "")) {
            stream.await("hello");
            Instant now = Instant.now();
            connections.tendAll(now);
            connections.tendAll(now.plusSeconds(14));
            assertThat(stream.comments()).isEmpty();
            connections.tendAll(now.plusSeconds(18));
            Awaitility.await().until(() -> !stream.comments().isEmpty());
            assertThat(stream.comments()).containsExactly(": ping");
        }
    }

    @Test
    void aStreamEndsAfterItsLifetimeGiveOrTakeAFifth() throws Exception {
        try (TestStream stream = stream(visitor(), "")) {
            stream.await("hello");
            connections.tendAll(Instant.now().plus(Duration.ofMinutes(12).plusSeconds(1)));
            Awaitility.await().until(() -> !stream.isOpen());
        }
    }

    @Test
    void aStreamEndsWithItsTokenAndWithItsOwnersRights() throws Exception {
        Map<String, Object> user = user("operator");
        Opened visitor = visitor();
        try (TestStream operator = TestStream.open(address(), "/sse/dialogs/" + visitor.dialogId(),
                token(text(user, "username"))); TestStream widget = stream(visitor, "")) {
            operator.await("hello");
            widget.await("hello");
            json(request(HttpMethod.DELETE, "/api/users/" + id(user), admin()), 200);
            Awaitility.await().until(() -> !operator.isOpen());
            assertThat(widget.isOpen()).isTrue();
            connections.tendAll(Instant.now().plus(Duration.ofHours(25)));
            Awaitility.await().until(() -> !widget.isOpen());
        }
    }

    @Test
    void whoLeavesIsForgotten() throws Exception {
        Opened visitor = visitor();
        try (TestStream stream = stream(visitor, "")) {
            stream.await("hello");
            assertThat(connections(visitor)).isEqualTo(1);
        }
        Awaitility.await().until(() -> connections(visitor) == 0);
    }

    @Test
    void whoMayNotFollowIsToldWhy() {
        Opened visitor = visitor();
        String path = "/sse/widget/dialogs/" + visitor.dialogId();
        assertThat(json(request(HttpMethod.GET, path + "999", visitor.token()), 404)).containsEntry("code",
                "not_found");
        assertThat(json(request(HttpMethod.GET, path, visitor().token()), 404)).containsEntry("code", "not_found");
        assertThat(json(client().get().uri(path), 401)).containsEntry("code", "unauthorized");
        assertThat(text(json(request(HttpMethod.GET, path + "?since=-1", visitor.token()), 400), "detail"))
                .startsWith("since:");
        assertThat(json(request(HttpMethod.POST, path, visitor.token()), 405)).containsEntry("code",
                "method_not_allowed");
    }

    /** Not all that there are: those of earlier tests may be leaving. */
    private long connections(Opened visitor) {
        return connections.all().filter(connection -> connection.dialogs().anyMatch(id -> id == visitor.dialogId()))
                .count();
    }
}
