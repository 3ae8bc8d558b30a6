package dev.parley.gateway;

import org.junit.jupiter.api.parallel.ResourceLock;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** The gateway is killed in the middle of traffic, and everything that it promised is kept. */
@ResourceLock(Lanes.OWN)
class CrashIntegrationTests {

    private static final int TALKERS = 8;

    @TempDir
    private Path data = Path.of("");

    private record Acknowledged(long dialog, String clientMsgId, long seq, long id) {}

    private record Visitor(long dialog, String token) {}

    @Test
    void whatWasAcknowledgedIsThereAndWhatWasAskedIsAnswered() throws Exception {
        try (RehearsalModel model = RehearsalModel.start(RehearsalSettings.defaults().withTokensPerSecond(400))) {
            Map<String, String> settings = Map.of("OLLAMA_URLS", model.url());
            List<Visitor> talkers;
            Map<Visitor, String> askers = new LinkedHashMap<>();
            ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
            try (GatewayProcess gateway = GatewayProcess.start(data, settings)) {
                talkers = visitors(gateway, TALKERS);
                String admin = gateway.adminToken();
                for (Visitor talker : talkers) {
                    // In a human's hands, so that the model is left to the askers.
                    assertThat(gateway.post("/api/dialogs/%d/handoff".formatted(talker.dialog()), admin, Map.of())
                            .status()).isEqualTo(200);
                }
                for (Visitor asker : visitors(gateway, 3)) {
                    // Of this gateway's answers the model gives no more than the beginning.
                    model.next(new Fault.Holds(Map.of(20, Mono.never())));
                    JsonNode posted = post(gateway, asker, "q", "/long 400").body();
                    askers.put(asker, posted.path("answer").path("request_id").asString());
                }
                talkUntilKilled(gateway, talkers, acknowledged);
            }
            assertThat(acknowledged).as("there was traffic").hasSizeGreaterThan(100);

            try (GatewayProcess gateway = GatewayProcess.start(data, settings)) {
                for (Visitor talker : talkers) {
                    checkLog(talker, messages(gateway, talker), acknowledged);
                }
                askers.forEach((asker, requestId) -> Awaitility.await().atMost(Duration.ofSeconds(90))
                        .pollInterval(Duration.ofMillis(500)).untilAsserted(
                                () -> assertThat(messages(gateway, asker).stream()
                                        .filter(message -> message.path("request_id").asString("").equals(requestId)))
                                        .singleElement()
                                        .satisfies(answer -> assertThat(text(answer)).endsWith("word400"))));
                assertThat(gateway.log()).contains("answers that were left open");
            }
        }
    }

    private static void talkUntilKilled(GatewayProcess gateway, List<Visitor> talkers,
            ConcurrentLinkedQueue<Acknowledged> acknowledged) throws Exception {
        AtomicBoolean killed = new AtomicBoolean();
        try (ExecutorService threads = Executors.newFixedThreadPool(TALKERS)) {
            for (Visitor talker : talkers) {
                threads.execute(() -> talk(gateway, talker, killed, acknowledged));
            }
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> acknowledged.size() > 400);
            gateway.kill();
            killed.set(true);
        }
    }

    private static void talk(GatewayProcess gateway, Visitor talker, AtomicBoolean killed,
            ConcurrentLinkedQueue<Acknowledged> acknowledged) {
        for (int i = 1; !killed.get(); i++) {
            String id = "m" + i;
            try {
                GatewayProcess.Answer answer = post(gateway, talker, id, "text " + i);
                if (answer.status() == 201) {
                    acknowledged.add(new Acknowledged(talker.dialog(), id, answer.body().path("seq").asLong(),
                            answer.body().path("id").asLong()));
                }
            } catch (IOException cutOff) {
                return;
            }
        }
    }

    private static void checkLog(Visitor talker, List<JsonNode> log, ConcurrentLinkedQueue<Acknowledged> acknowledged) {
        assertThat(log).extracting(message -> message.path("seq").asLong())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, log.size()).boxed().toList());
        List<Acknowledged> stored = log.stream()
                .filter(message -> message.has("client_msg_id"))
                .map(message -> new Acknowledged(talker.dialog(), message.path("client_msg_id").asString(),
                        message.path("seq").asLong(), message.path("id").asLong()))
                .toList();
        assertThat(stored).containsAll(acknowledged.stream().filter(one -> one.dialog() == talker.dialog()).toList());
    }

    private static List<Visitor> visitors(GatewayProcess gateway, int count) throws IOException {
        List<Visitor> visitors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            JsonNode opened = gateway.openDialog();
            visitors.add(new Visitor(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString()));
        }
        return visitors;
    }

    private static GatewayProcess.Answer post(GatewayProcess gateway, Visitor visitor, String id, String text)
            throws IOException {
        return gateway.post("/api/widget/dialogs/%d/messages".formatted(visitor.dialog()), visitor.token(),
                Map.of("client_msg_id", id, "text", text));
    }

    private static List<JsonNode> messages(GatewayProcess gateway, Visitor visitor) throws IOException {
        List<JsonNode> all = new ArrayList<>();
        JsonNode page;
        do {
            page = gateway
                    .get("/api/widget/dialogs/%d/messages?limit=100&after=%d".formatted(visitor.dialog(), all.size()),
                            visitor.token())
                    .body();
            page.path("messages").forEach(all::add);
        } while (page.path("has_more").asBoolean());
        return all;
    }

    private static String text(JsonNode message) {
        return message.path("text").asString();
    }
}
