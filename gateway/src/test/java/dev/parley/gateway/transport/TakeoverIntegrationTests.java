package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.RehearsalLedger;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** A human takes over while the assistant speaks, over real sockets and with a model that really goes on speaking. */
class TakeoverIntegrationTests extends Conversations {

    private Opened visitor = new Opened(0, "");
    private String anna = "";

    @BeforeEach
    void meet() {
        visitor = visitor();
        anna = operatorToken();
    }

    @Test
    void nothingOfTheAssistantIsSeenAfterATakeover() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0"); TestSocket console = operator(visitor.dialogId(), anna)) {
            widget.message("m1", "/long 300");
            String requestId = widget.await("answer_delta", delta -> delta.path("offset").asInt() > 40)
                    .path("request_id")
                    .asString();
            console.message("a1", "Anna here, how can I help?");
            widget.awaitMessage("Anna here, how can I help?");
            // Long enough for a late token to show itself.
            widget.message("m2", "thanks");
            console.awaitMessage("thanks");

            List<JsonNode> frames = widget.frames();
            int started = index(frames, "handoff_started");
            assertThat(frames.subList(started, frames.size())).extracting(TestSocket::type)
                    .containsExactly("handoff_started", "message", "ack");
            JsonNode partial = frames.stream().filter(f -> f.path("sender").asString("").equals("assistant"))
                    .findFirst().orElseThrow();
            assertThat(partial.path("state").asString()).isEqualTo("cancelled");
            assertThat(partial.path("text").asString()).startsWith(widget.grown(requestId)).startsWith("word1 word2");
            JsonNode finished = widget.await("answer_finished");
            assertThat(finished.path("reason").asString()).isEqualTo("handoff");
            assertThat(finished.path("seq")).isEqualTo(partial.path("seq"));
            assertThat(frames.get(started).path("seq").asLong()).isEqualTo(partial.path("seq").asLong() + 1);
        }
    }

    @Test
    void theModelStopsWhenAHumanTakesOver() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0")) {
            String marker = "/long 400 of " + visitor.dialogId();
            widget.message("m1", marker);
            widget.await("answer_delta");
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), anna), 200);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(chat(marker).outcome()).isEqualTo(RehearsalLedger.Outcome.LEFT));
        }
    }

    @Test
    void answersThatWaitAreEndedByATakeover() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0")) {
            for (int i = 1; i <= 8; i++) {
                widget.message("m" + i, "/long 400");
            }
            Awaitility.await().until(() -> widget.frames("ack").size() == 8);
            widget.await("answer_queued");
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), anna), 200);
            widget.await("handoff_started");
            assertThat(widget.frames("answer_finished")).hasSize(8)
                    .allSatisfy(frame -> assertThat(frame.path("reason").asString()).isEqualTo("handoff"));
        }
    }

    @Test
    void afterTheHandBackTheModelKnowsWhatTheHumanSaid() throws Exception {
        try (TestSocket widget = widget(visitor, "since=0"); TestSocket console = operator(visitor.dialogId(), anna)) {
            console.message("a1", "You get a refund of 10 euros.");
            widget.awaitMessage("You get a refund of 10 euros.");
            json(request(HttpMethod.DELETE, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), anna), 200);
            widget.await("handoff_ended");
            String question = "/say to " + visitor.dialogId();
            widget.message("m1", question);
            widget.awaitMessage("to " + visitor.dialogId());
            assertThat(chat(question).messages()).anySatisfy(said -> {
                assertThat(said.role()).isEqualTo("assistant");
                assertThat(said.content()).contains("a human colleague").endsWith("You get a refund of 10 euros.");
            });
        }
    }

    private RehearsalLedger.Chat chat(String question) {
        return MODEL.ledger()
                .chats()
                .stream()
                .filter(chat -> !chat.messages().isEmpty()) // which only has the model loaded
                .filter(chat -> chat.messages().getLast().content().equals(question))
                .findFirst()
                .orElseThrow();
    }

    private static int index(List<JsonNode> frames, String type) {
        return frames.stream().map(TestSocket::type).toList().indexOf(type);
    }
}
