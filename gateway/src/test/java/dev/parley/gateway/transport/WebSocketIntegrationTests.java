package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.HeldAnswer;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

class WebSocketIntegrationTests extends Conversations {

    private Opened visitor = new Opened(0, "");
    private String anna = "";

    @BeforeEach
    void meet() {
        visitor = visitor();
        anna = operatorToken();
    }

    @Test
    void anAnswerGrowsBeforeTheVisitorsEyesAndBecomesAMessage() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0"); TestSocket console = operator(visitor.dialogId(), anna)) {
            JsonNode hello = widget.await("hello");
            assertThat(hello.path("audience").asString()).isEqualTo("widget");
            assertThat(hello.path("seq").asLong()).isZero();
            assertThat(hello.path("mode").asString()).isEqualTo("ai");
            assertThat(hello.path("heartbeat_ms").asLong()).isEqualTo(25_000);
            widget.message("m1", "/say The quick – “brown” fox 🦊 jumps over the lazy dog");
            JsonNode ack = widget.await("ack");
            assertThat(ack.path("seq").asLong()).isEqualTo(1);
            String requestId = ack.path("answer").path("request_id").asString();

            JsonNode finished = widget.await("answer_finished");
            assertThat(finished.path("reason").asString()).isEqualTo("done");
            assertThat(finished.path("seq").asLong()).isEqualTo(2);
            JsonNode message = widget.awaitMessage("The quick – “brown” fox 🦊 jumps over the lazy dog");
            assertThat(message.path("sender").asString()).isEqualTo("assistant");
            assertThat(message.path("request_id").asString()).isEqualTo(requestId);
            assertThat(widget.frames("answer_delta")).as("it came in pieces").hasSizeGreaterThan(2);
            assertThat(message.path("text").asString()).startsWith(widget.grown(requestId));
            assertThat(widget.frames()).extracting(TestSocket::type)
                    .filteredOn(type -> !type.equals("answer_delta") && !type.equals("presence"))
                    .containsExactly("hello", "ack", "answer_started", "message", "answer_finished");
            assertThat(console.await("answer_finished")).isEqualTo(finished);
            assertThat(console.frames("message")).extracting(frame -> frame.path("sender").asString())
                    .containsExactly("user", "assistant");
        }
    }

    @Test
    void aVisitorsOwnWordsGoToTheOperatorsOnlyUnlessItWantsAnEcho() throws Exception {
        try (TestSocket plain = widget(visitor, "since=0"); TestSocket echoing = widget(visitor, "since=0&echo=true")) {
            plain.await("hello");
            echoing.await("hello");
            plain.message("m1", "/say yes");
            echoing.awaitMessage("yes");
            plain.awaitMessage("yes");
            assertThat(echoing.frames("message")).extracting(frame -> frame.path("text").asString())
                    .containsExactly("/say yes", "yes");
            assertThat(echoing.frames("message").getFirst().path("client_msg_id").asString()).isEqualTo("m1");
            assertThat(plain.frames("message")).hasSize(1);
        }
    }

    @Test
    void messagesAreWrappedForOldClients() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0&format=wrapped")) {
            widget.await("hello");
            widget.message("m1", "/say wrapped");
            widget.await("answer_finished");
            assertThat(widget.frames().stream().map(frame -> frame.path("message").path("text").asString("")))
                    .contains("wrapped");
        }
    }

    @Test
    void whoComesInTheMiddleOfAnAnswerGetsTheTextSoFarAndTheRest() throws Exception {
        try (TestSocket first = widget(visitor, "since=0"); HeldAnswer held = HeldAnswer.next(MODEL, 20)) {
            first.await("hello");
            first.message("m1", "/long 40");
            String requestId = first.await("answer_delta", delta -> delta.path("offset").asInt() > 20)
                    .path("request_id")
                    .asString();
            try (TestSocket late = widget(visitor, "since=0&echo=true")) {
                late.await("answer_delta");
                held.goOn(20);
                String whole = late.await("answer_finished").path("request_id").asString();
                assertThat(whole).isEqualTo(requestId);
                JsonNode message = late.await("message", frame -> frame.path("sender").asString().equals("assistant"));
                assertThat(late.frames("answer_delta").getFirst().path("offset").asInt()).isZero();
                assertThat(late.frames("answer_delta").getFirst().path("text").asString()).startsWith("word1 word2");
                assertThat(message.path("text").asString()).startsWith(late.grown(requestId)).endsWith("word40");
            }
        }
    }

    @Test
    void sinceReplaysAndGoesOnLiveWithoutAGapOrARepeat() throws Exception {
        for (int i = 1; i <= 5; i++) {
            post(visitor, "h" + i, "/say " + i, 201);
        }
        try (TestSocket console = TestSocket.open(address(), "/ws/dialogs/%d?since=2".formatted(visitor.dialogId()),
                anna)) {
            console.await("hello");
            for (int i = 6; i <= 10; i++) {
                post(visitor, "h" + i, "/say " + i, 201);
            }
            console.await("message", frame -> frame.path("seq").asLong() == 20);
            List<Long> seqs = console.frames("message").stream().map(frame -> frame.path("seq").asLong()).toList();
            assertThat(seqs).isEqualTo(java.util.stream.LongStream.rangeClosed(3, 20).boxed().toList());
        }
    }

    @Test
    void typingIsSeenByTheOtherSideOnly() throws Exception {
        try (TestSocket widget = widget(visitor, ""); TestSocket console = operator(visitor.dialogId(), anna)) {
            widget.await("hello");
            console.await("hello");
            widget.send("{\"type\":\"typing_start\"}");
            assertThat(console.await("typing_start").path("sender").asString()).isEqualTo("user");
            console.send("{\"type\":\"typing_start\"}");
            assertThat(widget.await("typing_start").path("sender").asString()).isEqualTo("manager");
            console.send("{\"type\":\"typing_stop\"}");
            widget.await("typing_stop");
            assertThat(widget.frames("typing_start")).hasSize(1);
            assertThat(console.frames("typing_start")).hasSize(1);
        }
    }

    @Test
    void badFramesAreToldAndTheConnectionLives() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.await("hello");
            widget.send("no json");
            widget.send("[1,2]");
            widget.send("{\"type\":\"dance\"}");
            widget.send("{\"type\":\"message\",\"client_msg_id\":7,\"text\":\"x\"}");
            widget.send("{\"type\":\"message\",\"client_msg_id\":\"m1\"}");
            widget.message("m2", " ".repeat(3));
            widget.message("m3", "é".repeat(1025));
            widget.message("m4", "nul \0");
            widget.await("error", frame -> frame.path("client_msg_id").asString("").equals("m4"));
            assertThat(widget.frames("error")).extracting(frame -> frame.path("code").asString())
                    .containsExactly("bad_frame", "bad_frame", "bad_frame", "bad_frame", "bad_request", "bad_request",
                            "too_large", "bad_request");
            assertThat(widget.frames("error").get(6).path("client_msg_id").asString()).isEqualTo("m3");
            assertThat(widget.frames().toString()).doesNotContain("Exception").doesNotContain("dev.parley");
            widget.message("m5", "/say still here");
            widget.awaitMessage("still here");
        }
    }

    @Test
    void theTwentiethBadFrameOfAMinuteEndsIt() throws Exception {
        try (TestSocket widget = widget(visitor, "")) {
            for (int i = 0; i < 20; i++) {
                widget.send("no json");
            }
            assertThat(widget.closeCode()).isEqualTo(1008);
        }
    }

    @Test
    void binaryFramesAreRefused() throws Exception {
        try (TestSocket widget = widget(visitor, "")) {
            widget.sendBinary((byte) 1, (byte) 2);
            assertThat(widget.closeCode()).isEqualTo(1003);
        }
    }

    @Test
    void aFrameOverItsLimitIsRefused() throws Exception {
        try (TestSocket widget = widget(visitor, "")) {
            widget.send("x".repeat(70_000));
            assertThat(widget.closeCode()).isEqualTo(1009);
        }
    }

    @Test
    void aTokenMayComeInTheHeaderOrTheQueryToo() throws Exception {
        String path = "/ws/widget/dialogs/%d?since=0".formatted(visitor.dialogId());
        try (TestSocket header = TestSocket.openPlain(address(), path, "Bearer " + visitor.token());
                TestSocket query = TestSocket.openPlain(address(), path + "&visitor_token=" + visitor.token(), null);
                TestSocket other = TestSocket.openPlain(address(), path, "Bearer " + visitor.token(), "chat")) {
            header.await("hello");
            query.await("hello");
            other.await("hello");
            query.message("m1", "/say any way");
            header.awaitMessage("any way");
        }
    }

    @Test
    void whatAClientSaysAtOnceIsHeard() throws Exception {
        for (int i = 0; i < 100; i++) {
            try (TestSocket widget = widget(visitor, "")) {
                widget.send("{\"type\":\"ping\"}");
                widget.await("pong");
            }
        }
    }

    @Test
    void aPingIsAnswered() throws Exception {
        try (TestSocket widget = widget(visitor, "")) {
            widget.send("{\"type\":\"ping\"}");
            widget.await("pong");
        }
    }

    @Test
    void theSameMessageAgainIsAcknowledgedAgainAndStoredOnce() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0"); TestSocket console = operator(visitor.dialogId(), anna)) {
            widget.message("same", "/say once");
            widget.message("same", "/say once");
            widget.awaitMessage("once");
            org.awaitility.Awaitility.await().until(() -> widget.frames("ack").size() == 2);
            List<JsonNode> acks = widget.frames("ack");
            assertThat(acks.get(0).path("seq")).isEqualTo(acks.get(1).path("seq"));
            assertThat(acks.get(0).path("id")).isEqualTo(acks.get(1).path("id"));
            console.awaitMessage("once");
            assertThat(console.frames("message")).hasSize(2);
        }
    }

    @Test
    void stopKeepsWhatWasSaidAndFreesTheModel() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/long 500");
            JsonNode delta = widget.await("answer_delta", frame -> frame.path("offset").asInt() > 30);
            String requestId = delta.path("request_id").asString();
            widget.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(requestId));
            JsonNode finished = widget.await("answer_finished");
            assertThat(finished.path("reason").asString()).isEqualTo("cancelled");
            JsonNode message = widget.await("message");
            assertThat(message.path("state").asString()).isEqualTo("cancelled");
            assertThat(message.path("text").asString()).startsWith(widget.grown(requestId)).doesNotContain("word500");
            widget.message("m2", "/say next");
            widget.awaitMessage("next");
        }
    }

    @Test
    void anUnknownOrForeignDialogIsNotFoundBeforeTheUpgrade() {
        Opened other = visitor();
        assertRefused("/ws/widget/dialogs/%d".formatted(other.dialogId()), visitor.token(), 404);
        assertRefused("/ws/widget/dialogs/999999", visitor.token(), 404);
        assertRefused("/ws/widget/dialogs/abc", visitor.token(), 404);
        assertRefused("/ws/dialogs/%d".formatted(visitor.dialogId()), visitor.token(), 401);
        assertRefused("/ws/widget/dialogs/%d".formatted(visitor.dialogId()), anna, 401);
        assertRefused("/ws/widget/dialogs/%d".formatted(visitor.dialogId()), "nonsense", 401);
    }

    @Test
    void wrongParametersAreNamed() {
        String path = "/ws/widget/dialogs/%d?".formatted(visitor.dialogId());
        for (String query : List.of("since=-1", "since=7", "since=x", "echo=perhaps", "format=xml")) {
            assertRefused(path + query, visitor.token(), 400);
            assertThat(text(json(request(HttpMethod.GET, path + query, visitor.token()), 400), "detail"))
                    .startsWith(query.substring(0, query.indexOf('=')));
        }
    }

    private void assertRefused(String path, String token, int status) {
        assertThatThrownBy(() -> TestSocket.open(address(), path, token)).isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(WebSocketHandshakeException.class,
                        refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(status));
    }
}
