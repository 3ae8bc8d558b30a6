package dev.parley.gateway;

import org.junit.jupiter.api.parallel.ResourceLock;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The database goes away for a while: nobody hangs, everybody is told, and it heals by itself. */
@ResourceLock(Lanes.OWN)
class DatabaseAwayIntegrationTests {

    /** The pool's patience and the log's, and some for a busy machine. */
    private static final Duration NOBODY_HANGS = Duration.ofSeconds(25);

    @TempDir
    private Path data = Path.of("");

    @Test
    void sendersAreToldWhileItIsAwayAndServedWhenItIsBack() throws Exception {
        try (TestDatabase database = TestDatabase.fresh();
                CuttingProxy proxy = new CuttingProxy(TestDatabase.postgres().host(), TestDatabase.postgres().port());
                GatewayProcess gateway = GatewayProcess.start(data,
                        Map.of("PARLEY_DATABASE_URL",
                                database.url().replace(":" + TestDatabase.postgres().port() + "/",
                                        ":" + proxy.port() + "/"),
                                "PARLEY_SECRET", "a secret that is long enough for tests"))) {
            JsonNode visitor = gateway.openDialog();
            assertThat(post(gateway, visitor, "m1").status()).isEqualTo(201);

            proxy.cut();
            assertUnavailable(gateway, visitor);
            Awaitility.await().atMost(NOBODY_HANGS).until(() -> !gateway.isReady());
            proxy.heal();
            assertServed(gateway, visitor, "m2");

            proxy.freeze();
            assertUnavailable(gateway, visitor);
            proxy.heal();
            assertServed(gateway, visitor, "m3");

            JsonNode log = gateway.get("/api/widget/dialogs/%d/messages?after=0&limit=100".formatted(
                    visitor.path("dialog_id").asLong()), visitor.path("visitor_token").asString()).body()
                    .path("messages");
            long seq = 0;
            for (JsonNode message : log) {
                assertThat(message.path("seq").asLong()).isEqualTo(++seq);
            }
        }
    }

    private static void assertUnavailable(GatewayProcess gateway, JsonNode visitor) throws IOException {
        long start = System.nanoTime();
        GatewayProcess.Answer answer = post(gateway, visitor, "away");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.body().path("code").asString()).isEqualTo("unavailable");
        assertThat(answer.body().path("retry_after_ms").asLong()).isPositive();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(NOBODY_HANGS);
        assertThat(answer.body().toString()).doesNotContain("Exception").doesNotContain("127.0.0.1");
    }

    private static void assertServed(GatewayProcess gateway, JsonNode visitor, String id) {
        Awaitility.await().atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofMillis(500)).untilAsserted(
                () -> assertThat(post(gateway, visitor, id).status()).isIn(200, 201));
        Awaitility.await().atMost(NOBODY_HANGS).until(gateway::isReady);
    }

    private static GatewayProcess.Answer post(GatewayProcess gateway, JsonNode visitor, String id) throws IOException {
        return gateway.post("/api/widget/dialogs/%d/messages".formatted(visitor.path("dialog_id").asLong()),
                visitor.path("visitor_token").asString(), Map.of("client_msg_id", id, "text", "/say ok"));
    }
}
