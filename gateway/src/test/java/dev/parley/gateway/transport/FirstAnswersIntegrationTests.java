package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** The answers to first questions, kept for the next who asks the same. */
@TestPropertySource(properties = "parley.answers.cache-ttl=1h")
class FirstAnswersIntegrationTests extends Conversations {

    private static final String QUESTION = "/say From nine to five, every day but Sundays.";
    private static final String SAME_QUESTION = "  /SAY from nine to five,\n every day   but sundays! ";

    @Autowired
    private MeterRegistry meters;

    private long assistant;

    /** What is kept is an assistant's own, so each test begins with nothing. */
    @BeforeEach
    void meet() {
        assistant = id(json(request(HttpMethod.POST, "/api/assistants", admin())
                .bodyValue(Map.of("name", name("Bo"), "system_prompt", "Be kind.")), 201));
    }

    @Test
    void whoAsksTheSameIsGivenTheSameAndNoModelIsAsked() throws Exception {
        double hits = count("hit");
        double misses = count("miss");
        Given first = ask(newcomer(), QUESTION);
        assertThat(first.askedModel()).isTrue();
        assertThat(first.end().has("cached")).isFalse();

        Opened second = newcomer();
        long seen = MODEL.ledger().seen();
        try (TestSocket widget = widget(second, "since=0")) {
            widget.message("m1", SAME_QUESTION);
            JsonNode end = widget.await("answer_finished");
            assertThat(chatsAfter(seen)).isZero();
            assertThat(end.path("cached").asBoolean(false)).isTrue();
            assertThat(end.path("reason").asString()).isEqualTo("done");
            JsonNode message = widget.awaitMessage(first.text());
            assertThat(message.path("seq")).isEqualTo(end.path("seq"));
            assertThat(message.path("request_id")).isEqualTo(end.path("request_id"));
            assertThat(widget.frames("answer_started")).hasSize(1);
            assertThat(widget.frames("answer_delta")).as("it grows").hasSizeGreaterThan(1);
            assertThat(first.text()).startsWith(widget.grown(end.path("request_id").asString()));
        }
        assertThat(count("hit")).isEqualTo(hits + 1);
        assertThat(count("miss")).isEqualTo(misses + 1);
    }

    @Test
    void aSecondQuestionIsTheModels() throws Exception {
        ask(newcomer(), QUESTION);
        Opened visitor = newcomer();
        ask(visitor, "/say hello");
        assertThat(ask(newcomer(), QUESTION).askedModel()).as("it is known").isFalse();
        assertThat(ask(visitor, QUESTION).askedModel()).isTrue();
    }

    @Test
    void whatAModelSaidUnderAnotherPromptIsNotRepeated() throws Exception {
        ask(newcomer(), QUESTION);
        json(request(HttpMethod.PATCH, "/api/assistants/" + assistant, admin())
                .bodyValue(Map.of("system_prompt", "Be brief.")), 200);
        assertThat(ask(newcomer(), QUESTION).askedModel()).isTrue();
        assertThat(ask(newcomer(), QUESTION).askedModel()).isFalse();
    }

    @Test
    void whatFailedIsNotRepeated() throws Exception {
        assertThat(ask(newcomer(), "/fault error 5").end().path("reason").asString()).isEqualTo("failed");
        assertThat(ask(newcomer(), "/fault error 5").askedModel()).isTrue();
    }

    @Test
    void norIsWhatWasCancelled() throws Exception {
        Opened visitor = newcomer();
        try (HeldAnswer held = HeldAnswer.next(MODEL, 5); TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", QUESTION);
            cancel(widget, widget.await("answer_delta"));
            assertThat(widget.await("answer_finished").path("reason").asString()).isEqualTo("cancelled");
            held.goOn(5);
        }
        assertThat(ask(newcomer(), QUESTION).askedModel()).isTrue();
    }

    @Test
    void whoAsksAgainWantsAnotherAnswer() throws Exception {
        ask(newcomer(), QUESTION);
        Opened visitor = newcomer();
        assertThat(ask(visitor, QUESTION).askedModel()).isFalse();
        long seen = MODEL.ledger().seen();
        try (TestSocket widget = widget(visitor, "since=2")) {
            String again = text(json(request(HttpMethod.POST,
                    "/api/widget/dialogs/%d/answers".formatted(visitor.dialogId()), visitor.token())
                    .bodyValue(Map.of("in_reply_to", 1)), 202), "request_id");
            JsonNode end = widget.await("answer_finished", isOf(again));
            assertThat(end.path("reason").asString()).isEqualTo("done");
            assertThat(end.has("cached")).isFalse();
        }
        assertThat(chatsAfter(seen)).isEqualTo(1);
    }

    @Test
    void whatIsRepeatedCanBeCancelledOrTakenOver() throws Exception {
        String text = ask(newcomer(), "/long 60").text();
        String anna = operatorToken();
        Opened one = newcomer();
        Opened other = newcomer();
        try (TestSocket cancels = widget(one, "since=0"); TestSocket widget = widget(other, "since=0")) {
            cancels.message("m1", "/long 60");
            cancel(cancels, cancels.await("answer_started"));
            assertThat(cancels.await("answer_finished").path("cached").asBoolean(false)).isTrue();

            widget.message("m1", "/long 60");
            widget.await("answer_started");
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(other.dialogId()), anna), 200);
            widget.await("handoff_started");
            widget.await("answer_finished");
            // Either came in time or did not; what was said is in the log in both cases, and no more than that.
            for (TestSocket socket : List.of(cancels, widget)) {
                assertThat(socket.frames("answer_finished")).hasSize(1);
                assertThat(socket.frames("message")).hasSizeLessThanOrEqualTo(1)
                        .allSatisfy(message -> assertThat(text).startsWith(message.path("text").asString()));
            }
        }
        assertThat(ask(newcomer(), "/long 60").text()).as("what was cut off has not changed it").isEqualTo(text);
    }

    private record Given(String text, JsonNode end, boolean askedModel) {}

    /** Waits for the answer to the end. */
    private Given ask(Opened visitor, String question) throws Exception {
        long seen = MODEL.ledger().seen();
        try (TestSocket widget = widget(visitor, "")) {
            String clientMsgId = clientMsgId();
            widget.message(clientMsgId, question);
            String request = widget.await("ack", ack -> ack.path("client_msg_id").asString().equals(clientMsgId))
                    .path("answer").path("request_id").asString();
            JsonNode end = widget.await("answer_finished", isOf(request));
            String text = widget.await("message", isOf(request)).path("text").asString();
            boolean askedModel = chatsAfter(seen) > 0;
            assertThat(end.path("cached").asBoolean(false)).isEqualTo(!askedModel);
            return new Given(text, end, askedModel);
        }
    }

    /** Without loads, which are chats of no messages. */
    private static long chatsAfter(long seen) {
        return MODEL.ledger().chats().stream().filter(chat -> chat.number() > seen && !chat.messages().isEmpty())
                .count();
    }

    private static Predicate<JsonNode> isOf(String request) {
        return frame -> frame.path("request_id").asString("").equals(request);
    }

    private static void cancel(TestSocket socket, JsonNode ofAnswer) {
        socket.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(ofAnswer.path("request_id").asString()));
    }

    /** A new visitor with a new dialog with the test's assistant. */
    private Opened newcomer() {
        return opened(json(client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", assistant)),
                201));
    }

    private double count(String result) {
        return meters.get("parley.answers.cache").tag("result", result).counter().count();
    }
}
