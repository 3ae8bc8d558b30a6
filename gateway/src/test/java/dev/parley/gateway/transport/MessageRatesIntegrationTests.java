package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** How many messages one user may send. */
// So that what a test holds is not given up on meanwhile.
@TestPropertySource(properties = {"parley.messages.per-user-per-minute=2", "parley.database.statement-timeout=1m"})
class MessageRatesIntegrationTests extends Conversations {

    @Autowired
    private MeterRegistry meters;

    @Test
    void theThirdMessageOfAMinuteHasToWait() {
        Opened visitor = visitor();
        post(visitor, "m1", "/say 1", 201);
        post(visitor, "m2", "/say 2", 201);

        Map<String, Object> problem = json(request(HttpMethod.POST,
                "/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()), visitor.token())
                .bodyValue(Map.of("client_msg_id", "m3", "text", "three")), 429);
        assertThat(problem).containsEntry("code", "rate_limited");
        assertThat(Long.parseLong(text(problem, "retry_after_ms"))).isBetween(1L, 30_000L);
        request(HttpMethod.POST, "/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()), visitor.token())
                .bodyValue(Map.of("client_msg_id", "m3", "text", "three")).exchange().expectHeader()
                .exists(HttpHeaders.RETRY_AFTER).expectBody(String.class).returnResult();

        post(visitor(), "m1", "/say 1", 201);
    }

    @Test
    void overAWebSocketTheRefusalNamesTheMessageAndTheSocketStays() throws Exception {
        Opened visitor = visitor();
        try (TestSocket socket = widget(visitor, "since=0&echo=true")) {
            socket.await("hello");
            for (int i = 1; i <= 3; i++) {
                socket.message("m" + i, "/say " + i);
            }
            JsonNode error = socket.await("error");
            assertThat(error.path("code").asString()).isEqualTo("rate_limited");
            assertThat(error.path("client_msg_id").asString()).isEqualTo("m3");
            assertThat(error.path("retry_after_ms").asLong()).isBetween(1L, 30_000L);
            assertThat(socket.frames("ack")).hasSize(2);
            socket.send("{\"type\":\"ping\"}");
            socket.await("pong");
        }
    }

    @Test
    void allConnectionsOfAUserHaveOneLimit() throws Exception {
        Opened visitor = visitor();
        post(visitor, "m1", "/say 1", 201);
        try (TestSocket socket = widget(visitor, "since=0")) {
            socket.await("hello");
            socket.message("m2", "/say 2");
            socket.await("ack");
        }
        post(visitor, "m3", "/say 3", 429);
    }

    @Test
    void whatIsSentAgainDoesNotCount() {
        Opened visitor = visitor();
        post(visitor, "m1", "/say 1", 201);
        for (int i = 0; i < 10; i++) {
            post(visitor, "m1", "/say 1", 200);
        }
        post(visitor, "m2", "/say 2", 201);
    }

    @Test
    void aRepeatDoesNotCountEvenWhereItsSenderHasGoneMeanwhile() throws Throwable {
        Opened visitor = visitor();
        post(visitor, "m1", "/say 1", 201);
        HeldDialog.during(DATABASE, visitor.dialogId(), () -> {
            try (TestSocket socket = widget(visitor, "since=0")) {
                socket.await("hello");
                socket.message("m1", "/say 1");
                Awaitility.await().atMost(TIMEOUT).until(MessageRatesIntegrationTests::somebodyWaitsForALock);
            }
            Awaitility.await().atMost(TIMEOUT).untilAsserted(() -> assertThat(
                    meters.get("parley.connections").tag("audience", "widget").gauge().value()).isZero());
        });
        // Before there would be room for one more anyway.
        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> status(visitor, "m2") == 201);
        post(visitor, "m3", "/say 3", 429);
    }

    private static boolean somebodyWaitsForALock() {
        return await(DATABASE.client()
                .sql("""
                        select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'""")
                .map(row -> Objects.requireNonNull(row.get(0, Long.class)))
                .one()) > 0;
    }

    private int status(Opened visitor, String clientMsgId) {
        return request(HttpMethod.POST, "/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()),
                visitor.token())
                .bodyValue(Map.of("client_msg_id", clientMsgId, "text", "/say it")).exchange()
                .expectBody(String.class).returnResult().getStatus().value();
    }

    @Test
    void whatIsNotStoredDoesNotCount() {
        Opened visitor = visitor();
        json(request(HttpMethod.POST, "/api/dialogs/%d/close".formatted(visitor.dialogId()), admin()), 200);
        for (int i = 0; i < 5; i++) {
            post(visitor, "m1", "/say 1", 409);
        }
        json(request(HttpMethod.POST, "/api/dialogs/%d/reopen".formatted(visitor.dialogId()), admin()), 200);
        post(visitor, "m1", "/say 1", 201);
        post(visitor, "m2", "/say 2", 201);
        post(visitor, "m3", "/say 3", 429);
    }

    @Test
    void operatorsAreHeldToTheSame() {
        String operator = operatorToken();
        for (int i = 1; i <= 3; i++) {
            // In dialogs of their own: it is the user who is limited.
            json(request(HttpMethod.POST, "/api/dialogs/%d/messages".formatted(visitor().dialogId()), operator)
                    .bodyValue(Map.of("client_msg_id", "o" + i, "text", "hello")), i < 3 ? 201 : 429);
        }
    }

    @Test
    void whoTypesAllTheTimeIsNotHeardAllTheTime() throws Exception {
        Opened visitor = visitor();
        try (TestSocket operator = operator(visitor.dialogId(), operatorToken());
                TestSocket socket = widget(visitor, "since=0")) {
            operator.await("hello");
            socket.await("hello");
            for (int i = 0; i < 2000; i++) {
                socket.send("{\"type\":\"typing_start\"}");
            }
            socket.message("m1", "/say done");
            operator.awaitMessage("/say done");
            assertThat(operator.frames("typing_start")).hasSizeBetween(1, 1000);
        }
    }
}
