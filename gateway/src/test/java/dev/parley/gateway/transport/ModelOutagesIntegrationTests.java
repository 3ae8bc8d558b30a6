package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** What visitors see of two servers of models that are cold at first, of which one or both go away, and that are overloaded. */
@TestPropertySource(properties = {"parley.ollama.urls=${tests.models}", "parley.answers.adaptive=true",
        "parley.answers.first-token-timeout=20s"})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ModelOutagesIntegrationTests extends Conversations {

    private static final RehearsalSettings SETTINGS = RehearsalSettings.defaults()
            .withFirstToken(Duration.ofMillis(20))
            .withTokensPerSecond(200)
            .withLoad(Duration.ofMillis(1500));
    private static final Server ONE = new Server();
    private static final Server TWO = new Server();

    /** One that can go away and come back to the same place. */
    private static final class Server {

        private RehearsalModel model = RehearsalModel.start(SETTINGS);
        private final int port = java.net.URI.create(model.url()).getPort();
        private boolean up = true;

        String url() {
            return "http://127.0.0.1:" + port;
        }

        void goAway() {
            if (up) {
                model.close();
                up = false;
            }
        }

        void comeBack() {
            if (!up) {
                model = RehearsalModel.start(SETTINGS.withPort(port));
                up = true;
            }
        }
    }

    @DynamicPropertySource
    static void twoServers(DynamicPropertyRegistry registry) {
        registry.add("tests.models", () -> ONE.url() + "," + TWO.url());
    }

    @AfterAll
    static void close() {
        ONE.goAway();
        TWO.goAway();
    }

    @BeforeEach
    void bothAreThere() {
        ONE.comeBack();
        TWO.comeBack();
        awaitState("up", "up");
    }

    private void awaitState(String... states) {
        Awaitility.await().until(() -> backends().map(backend -> String.valueOf(backend.get("state"))).toList(),
                List.of(states)::equals);
    }

    @SuppressWarnings("unchecked")
    private Stream<Map<String, Object>> backends() {
        Object backends = json(request(HttpMethod.GET, "/api/ai/status", admin()), 200).get("backends");
        return ((List<Map<String, Object>>) java.util.Objects.requireNonNull(backends)).stream();
    }

    private boolean needsHuman(Opened visitor) {
        return Boolean.TRUE.equals(json(request(HttpMethod.GET, "/api/widget/dialogs/" + visitor.dialogId(),
                visitor.token()), 200).get("needs_human"));
    }

    @Test
    @Order(1)
    void whoAsksAColdModelIsToldThatItLoadsAndNobodyWhoLeavesAbortsTheLoad() throws Exception {
        Opened first = visitor();
        Opened second = visitor();
        try (TestSocket leaving = widget(first, "since=0"); TestSocket staying = widget(second, "since=0")) {
            leaving.message("m1", "/say never heard");
            JsonNode queued = leaving.await("answer_queued");
            assertThat(queued.path("phase").asString()).isEqualTo("loading");
            assertThat(queued.path("position").asInt()).isEqualTo(1);
            staying.message("m1", "/say warm now");
            assertThat(staying.await("answer_queued").path("phase").asString()).isEqualTo("loading");
            leaving.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}"
                    .formatted(queued.path("request_id").asString()));
            assertThat(leaving.await("answer_finished").path("reason").asString()).isEqualTo("cancelled");
            staying.awaitMessage("warm now");
            assertThat(backends().map(backend -> backend.get("models"))).as("one load was enough")
                    .containsExactlyInAnyOrder(Map.of("llama3.2", "warm"), Map.of("llama3.2", "cold"));
        }
    }

    @Test
    void whenOneServerGoesAwayTheOtherAnswers() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m1", "/say before");
            widget.awaitMessage("before");
            ONE.goAway();
            widget.message("m2", "/say after");
            widget.awaitMessage("after");
            ONE.comeBack();
            awaitState("up", "up");
            TWO.goAway();
            widget.message("m3", "/say again");
            widget.awaitMessage("again");
            assertThat(widget.frames("answer_finished")).extracting(frame -> frame.path("reason").asString())
                    .containsOnly("done");
        }
    }

    @Test
    void whenAllServersAreAwayTheVisitorIsToldAHumanIsAskedForAndWhatWaitsGoesOnLater() throws Exception {
        Opened waiting = visitor();
        Opened refused = visitor();
        try (TestSocket widget = widget(waiting, "since=0"); TestSocket late = widget(refused, "since=0")) {
            ONE.goAway();
            TWO.goAway();
            // Nobody has noticed yet.
            widget.message("m1", "/say at last");
            widget.await("answer_queued", queued -> queued.path("phase").asString("").equals("unavailable"));
            widget.await("human_requested");
            assertThat(needsHuman(waiting)).isTrue();

            awaitState("unreachable", "unreachable");
            late.message("m1", "/say never");
            JsonNode ack = late.await("ack");
            assertThat(ack.path("answer_refused").path("code").asString()).isEqualTo("model_unavailable");
            assertThat(ack.path("seq").asLong()).as("it is stored all the same").isEqualTo(1);
            late.await("human_requested");
            assertThat(needsHuman(refused)).isTrue();
            json(request(HttpMethod.POST, "/api/widget/dialogs/%d/answers".formatted(refused.dialogId()),
                    refused.token()).bodyValue(Map.of()), 503);

            ONE.comeBack();
            widget.awaitMessage("at last");
            assertThat(widget.frames("answer_finished")).singleElement()
                    .satisfies(end -> assertThat(end.path("reason").asString()).isEqualTo("done"));
        }
    }

    @Test
    void whatSpeaksOfOverloadIsTriedAgainAndMakesAnswersRunOneByOneForATime() throws Exception {
        Opened visitor = visitor();
        try (TestSocket widget = widget(visitor, "since=0")) {
            widget.message("m0", "/say warm");
            widget.awaitMessage("warm");
            for (int i = 1; i <= 2; i++) {
                ONE.model.next(Fault.busy());
                ONE.model.next(Fault.busy());
                TWO.model.next(Fault.busy());
                TWO.model.next(Fault.busy());
                widget.message("m" + i, "/say tried again " + i);
                widget.await("message", message -> message.path("text").asString().equals("tried again 1")
                        || message.path("state").asString("").equals("failed")
                        || widget.frames("answer_finished").size() > 1);
            }
            Awaitility.await().until(() -> widget.frames("answer_finished").size() == 3);
            Map<String, Object> status = json(request(HttpMethod.GET, "/api/ai/status", admin()), 200);
            assertThat((Integer) status.get("effective_concurrent")).isLessThan(5);
            int more = 0;
            while ((Integer) json(request(HttpMethod.GET, "/api/ai/status", admin()), 200)
                    .getOrDefault("effective_concurrent", 0) < 5 && more < 40) {
                String text = "success " + ++more;
                widget.message("s" + more, "/say " + text);
                int ended = 3 + more;
                Awaitility.await().until(() -> widget.frames("answer_finished").size() == ended);
            }
            assertThat(json(request(HttpMethod.GET, "/api/ai/status", admin()), 200))
                    .containsEntry("effective_concurrent", 5)
                    .containsEntry("fallback_active", false);
        }
    }
}
