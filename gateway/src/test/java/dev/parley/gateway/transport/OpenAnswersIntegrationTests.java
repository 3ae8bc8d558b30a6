package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What somebody sees of what it has asked of the model, which answers one question at a time here, and how it is stopped. */
@TestPropertySource(properties = "parley.answers.max-concurrent=1")
class OpenAnswersIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String REQUESTS = "/api/ai/requests";

    @Test
    void everybodySeesTheirOwnAndOnlyAdministratorsAll() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket adas = widget(ada, "since=0"); TestSocket bens = widget(ben, "since=0")) {
            String running = ask(adas, "m1", "/long 2000");
            adas.await("answer_started");
            String waiting = ask(adas, "m2", "/long 2000");
            String other = ask(bens, "m1", "/long 2000");

            JsonNode own = open(ada.token());
            assertThat(ids(own)).containsExactly(running, waiting);
            assertThat(own.get(0).path("state").asString()).isEqualTo("running");
            assertThat(own.get(0).path("position").asInt()).isZero();
            assertThat(own.get(0).path("dialog_id").asLong()).isEqualTo(ada.dialogId());
            assertThat(time(own.get(0), "started_at")).isAfterOrEqualTo(time(own.get(0), "queued_at"));
            assertThat(own.get(1).path("state").asString()).isEqualTo("queued");
            assertThat(own.get(1).path("position").asInt()).isEqualTo(1);
            assertThat(own.get(1).has("started_at")).isFalse();
            assertThat(ids(open(ben.token()))).containsExactly(other);
            assertThat(open(operatorToken())).isEmpty();
            assertThat(ids(JSON.valueToTree(json(request(HttpMethod.GET, REQUESTS + "?all=true", admin()), 200))
                    .path("requests"))).containsExactly(running, waiting, other);
            json(request(HttpMethod.GET, REQUESTS + "?all=true", operatorToken()), 403);
            json(request(HttpMethod.GET, REQUESTS + "?all=perhaps", admin()), 400);
            json(client().get().uri(REQUESTS), 401);

            cancelAll(ada.token());
            cancelAll(ben.token());
            Awaitility.await().until(
                    () -> adas.frames("answer_finished").size() == 2 && bens.frames("answer_finished").size() == 1);
        }
    }

    @Test
    void stoppingAllStopsTheCallersWaitingAndRunningAndNobodyElses() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket adas = widget(ada, "since=0"); TestSocket bens = widget(ben, "since=0")) {
            ask(adas, "m1", "/long 2000");
            adas.await("answer_delta");
            ask(adas, "m2", "/long 2000");
            ask(bens, "m1", "/say mine");

            assertThat(cancelAll(ada.token())).isEqualTo(2);
            Awaitility.await().until(() -> adas.frames("answer_finished").size() == 2);
            assertThat(adas.frames("answer_finished")).allSatisfy(
                    end -> assertThat(end.path("reason").asString()).isEqualTo("cancelled"));
            assertThat(adas.await("message").path("state").asString()).as("what was said is kept")
                    .isEqualTo("cancelled");
            bens.awaitMessage("mine");
            assertThat(cancelAll(ada.token())).isZero();
        }
    }

    @Test
    void anAnswerIsStoppedAlsoAtTheMomentAtWhichItStarts() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket adas = widget(ada, "since=0"); TestSocket bens = widget(ben, "since=0")) {
            for (int i = 1; i <= 40; i++) {
                String id = "m" + i;
                String running = ask(adas, id, "/long 2000");
                String next = ask(bens, id, "/long 2000");
                adas.await("answer_started", start -> start.path("request_id").asString().equals(running));
                adas.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(running));
                if (i % 2 == 0) {
                    cancelAll(ben.token());
                } else {
                    bens.send("{\"type\":\"cancel\",\"request_id\":\"%s\"}".formatted(next));
                }
                bens.await("answer_finished", end -> end.path("request_id").asString().equals(next));
            }
        }
    }

    @Test
    void anAnswerIsStoppedByWhoeverAskedForItOrAnOperatorAndForOthersItIsNotThere() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket adas = widget(ada, "since=0")) {
            String first = ask(adas, "m1", "/long 2000");
            String second = ask(adas, "m2", "/long 2000");
            cancel(first, ben.token(), 404);
            cancel("unknown", ada.token(), 404);
            json(client().delete().uri(REQUESTS + "/" + first), 401);

            assertThat(cancel(second, ada.token(), 200)).containsEntry("cancelled", 1);
            assertThat(cancel(first, operatorToken(), 200)).containsEntry("cancelled", 1);
            Awaitility.await().until(() -> adas.frames("answer_finished").size() == 2);
            assertThat(cancel(first, ada.token(), 200)).as("it is over").containsEntry("cancelled", 0);
            cancel(first, ben.token(), 404);
        }
    }

    private String ask(TestSocket socket, String clientMsgId, String text) throws Exception {
        socket.message(clientMsgId, text);
        return socket.await("ack", ack -> ack.path("client_msg_id").asString().equals(clientMsgId))
                .path("answer").path("request_id").asString();
    }

    private JsonNode open(String token) {
        return JSON.valueToTree(json(request(HttpMethod.GET, REQUESTS, token), 200)).path("requests");
    }

    private static List<String> ids(JsonNode requests) {
        return requests.valueStream().map(request -> request.path("request_id").asString()).toList();
    }

    private static Instant time(JsonNode request, String field) {
        return Instant.parse(request.path(field).asString());
    }

    private Map<String, Object> cancel(String request, String token, int status) {
        return json(request(HttpMethod.DELETE, REQUESTS + "/" + request, token), status);
    }

    private int cancelAll(String token) {
        return Integer.parseInt(text(json(request(HttpMethod.DELETE, REQUESTS, token), 200), "cancelled"));
    }
}
