package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** How the model, which answers one question at a time here, is shared among those who ask. */
@TestPropertySource(properties = {"parley.answers.concurrent=false", "parley.answers.max-per-user=3",
        "parley.answers.per-user-per-minute=5"})
class AnswerSharesIntegrationTests extends Conversations {

    @Test
    void nobodyWaitsForASecondTurnOfSomebodyElse() throws Exception {
        Opened eager = visitor();
        Opened modest = visitor();
        try (TestSocket many = widget(eager, "since=0"); TestSocket one = widget(modest, "since=0")) {
            many.message("m1", "/long 2000");
            many.await("answer_started");
            many.message("m2", "/say second");
            many.message("m3", "/say third");
            Awaitility.await().until(() -> many.frames("ack").size() == 3);
            one.message("m1", "/say mine");
            JsonNode place = one.await("answer_queued");
            assertThat(place.path("position").asInt()).isEqualTo(2);
            many.await("answer_queued", queued -> queued.path("position").asInt() == 3);
            cancel(many, requestOf(many.frames("ack").getFirst()));
            assertThat(List.of(many.awaitMessage("second"), one.awaitMessage("mine"), many.awaitMessage("third")))
                    .as("in the order in which they were stored")
                    .isSortedAccordingTo(Comparator.comparing(message -> message.path("timestamp").asString()));
        }
    }

    @Test
    void whoHasItsShareOpenIsToldSoAndMayAskAgainWhenOneHasEnded() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            for (int i = 1; i <= 4; i++) {
                widget.message("m" + i, "/long 2000");
            }
            JsonNode refused = widget.await("ack", ack -> ack.path("client_msg_id").asString().equals("m4"));
            assertThat(refused.path("answer_refused").path("code").asString()).isEqualTo("rate_limited");
            assertThat(refused.path("answer_refused").path("retry_after_ms").asLong()).isPositive();
            assertThat(refused.has("answer")).isFalse();
            assertThat(refused.path("seq").asLong()).as("it is stored all the same").isEqualTo(4);
            askAgain(visitor, 429);

            List<String> open = widget.frames("ack").stream().limit(3).map(ack -> requestOf(ack)).toList();
            cancel(widget, open.getLast());
            widget.await("answer_finished");
            String again = text(askAgain(visitor, 202), "request_id");
            open.forEach(request -> cancel(widget, request));
            cancel(widget, again);
            Awaitility.await().until(() -> widget.frames("answer_finished").size() == 4);
        }
    }

    @Test
    void whoHasAskedForManyAnswersInAMinuteHasToWait() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            for (int i = 1; i <= 5; i++) {
                widget.message("m" + i, "/say " + i);
                widget.awaitMessage(Integer.toString(i));
            }
            assertThat(post(visitor, "m5", "/say 5", 200)).as("a repeat asks for nothing").containsKey("answer");
            Awaitility.await().until(() -> widget.frames("answer_finished").size() == 5);
            widget.message("m6", "/say 6");
            JsonNode refused = widget.await("ack", ack -> ack.path("client_msg_id").asString().equals("m6"))
                    .path("answer_refused");
            assertThat(refused.path("code").asString()).isEqualTo("rate_limited");
            assertThat(refused.path("retry_after_ms").asLong()).isBetween(1L, 12_000L);
        }
    }

    @Test
    void whatIsSaidToAHumanAsksForNoAnswerAndCostsNone() throws Exception {
        Opened visitor = visitor();
        json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), admin()), 200);
        for (int i = 1; i <= 8; i++) {
            assertThat(post(visitor, "m" + i, "to a human", 201)).doesNotContainKeys("answer", "answer_refused");
        }
        json(request(HttpMethod.DELETE, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), admin()), 200);
        assertThat(post(visitor, "m9", "/say hello", 201)).containsKey("answer");
    }

    private static String requestOf(JsonNode ack) {
        return ack.path("answer").path("request_id").asString();
    }

    private static void cancel(TestSocket socket, String request) {
        socket.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(request));
    }

    private Map<String, Object> askAgain(Opened visitor, int status) {
        return json(request(HttpMethod.POST, "/api/widget/dialogs/%d/answers".formatted(visitor.dialogId()),
                visitor.token()).bodyValue(Map.of()), status);
    }
}
