package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.Lifecycle;
import tools.jackson.databind.JsonNode;

/** What visitors see of answers that wait, and of a model that fails. */
class AnswersIntegrationTests extends Conversations {

    @Autowired
    private MeterRegistry meters;

    @Autowired
    @Qualifier("dispatcher")
    private Lifecycle answers;

    @ParameterizedTest
    @CsvSource({"error 5, true", "end 5, true", "reset 5, true", "broken, false", "busy, false", "bad, false",
            "reset 0, false", "end 0, false"})
    void aFailureIsToldAtOnceTheTextSoFarIsKeptAndTheNextMessageWorks(String fault, boolean keepsText)
            throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/fault " + fault);
            JsonNode finished = widget.await("answer_finished");
            assertThat(finished.path("reason").asString()).isEqualTo("failed");
            assertThat(finished.has("seq")).isEqualTo(keepsText);
            if (keepsText) {
                JsonNode message = widget.await("message");
                assertThat(message.path("state").asString()).isEqualTo("failed");
                assertThat(message.path("seq")).isEqualTo(finished.path("seq"));
                assertThat(message.path("text").asString())
                        .startsWith(widget.grown(finished.path("request_id").asString()));
            }
            widget.message("m2", "/say better");
            widget.awaitMessage("better");
            assertThat(widget.frames().toString()).doesNotContain("runner has unexpectedly");
        }
    }

    @Test
    void fiveAreAnsweredAtOnceAndTheOthersAreToldTheirPlace() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m0", "/say warm");
            widget.await("answer_finished");
            for (int i = 1; i <= 8; i++) {
                widget.message("m" + i, "/long 2000");
            }
            Awaitility.await().until(() -> widget.frames("ack").size() == 9);
            List<String> requests = widget.frames("ack")
                    .stream()
                    .skip(1)
                    .map(ack -> ack.path("answer").path("request_id").asString())
                    .toList();
            String last = requests.getLast();
            assertThat(widget.frames("ack").getLast().path("answer").path("position").asInt()).isEqualTo(3);
            widget.await("answer_queued", place -> isPlace(place, last, 3));
            // Of one that is cancelled the model hears a moment later than the next one that may start.
            assertThat(MODEL.ledger().mostAtOnce()).isLessThanOrEqualTo(5);
            widget.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(requests.getFirst()));
            widget.await("answer_queued", place -> isPlace(place, last, 2));
            requests.forEach(id -> widget.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(id)));
            Awaitility.await().until(() -> widget.frames("answer_finished").size() == 9);
            assertThat(widget.frames("answer_finished").stream().skip(1))
                    .extracting(frame -> frame.path("reason").asString())
                    .containsOnly("cancelled");
        }
    }

    private static boolean isPlace(JsonNode queued, String requestId, int position) {
        return queued.path("request_id").asString().equals(requestId) && queued.path("position").asInt() == position;
    }

    @Test
    void anAnswerThatAStopCutOffIsTakenUpAtTheNextStart() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/long 60");
            widget.await("answer_delta");
            answers.stop();
            answers.start();
            assertThat(widget.await("answer_finished").path("reason").asString()).isEqualTo("done");
            String requestId = widget.frames("ack").getFirst().path("answer").path("request_id").asString();
            assertThat(widget.await("message").path("text").asString()).endsWith("word60")
                    .startsWith(widget.grown(requestId));
            assertThat(widget.frames("message")).hasSize(1);
        }
    }

    @Test
    void anAnswerThatRunsAlreadyIsNotTakenUpASecondTime() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/long 60");
            widget.await("answer_delta");
            answers.start();
            widget.await("answer_finished");
            assertThat(widget.frames("answer_started")).hasSize(1);
        }
    }

    @Test
    void whatHappensIsCounted() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/say counted");
            widget.awaitMessage("counted");
            widget.await("answer_finished");
            String scraped = new String(java.util.Objects.requireNonNull(client().get()
                    .uri("/actuator/prometheus")
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .returnResult()
                    .getResponseBody()), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(scraped).contains("parley_connections{audience=\"widget\",transport=\"websocket\"}",
                    "parley_messages_appended_total{sender=\"user\"}", "parley_log_batch_size_count",
                    "parley_log_append_seconds_bucket", "parley_followers", "parley_rooms",
                    "parley_answers_total{outcome=\"done\"}", "parley_answers_running", "parley_answers_waiting");
        }
        Awaitility.await().untilAsserted(() -> assertThat(
                meters.get("parley.connections").tag("audience", "widget").gauge().value()).isZero());
    }

    @Test
    void theGatewaySaysHowItIs() {
        assertThat(json(client().get().uri("/actuator/health/readiness"), 200)).containsEntry("status", "UP");
        assertThat(json(client().get().uri("/actuator/health/liveness"), 200)).containsEntry("status", "UP");
    }
}
