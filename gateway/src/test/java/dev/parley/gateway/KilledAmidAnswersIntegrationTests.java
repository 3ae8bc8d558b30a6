package dev.parley.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.AskedOfProcess.Promised;
import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

/** The gateway is killed while answers are at every stage of their lives, and each comes once all the same. */
@ResourceLock(Lanes.OWN)
class KilledAmidAnswersIntegrationTests {

    private static final int AT_ONCE = 8;
    private static final int CROWD = 10;
    /** Answers that have come before the kill, of a crowd that goes on asking. */
    private static final int ANSWERS_BEFORE = 40;
    /** For who has been told that there are enough open already. */
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration PROMISED = Duration.ofSeconds(90);

    private static final RehearsalSettings QUICK = RehearsalSettings.defaults()
            .withFirstToken(Duration.ofMillis(20))
            .withTokensPerSecond(300)
            .withParallel(AT_ONCE);

    @TempDir
    private Path firstData = Path.of("");
    @TempDir
    private Path secondData = Path.of("");

    private final Queue<Promised> promised = new ConcurrentLinkedQueue<>();
    /** Chats that say no more. */
    private final AtomicInteger stuck = new AtomicInteger();

    @Test
    void whatWasPromisedComesOnceWhateverHadBecomeOfItWhenTheGatewayWasKilled() throws Exception {
        RehearsalModel quick = RehearsalModel.start(QUICK);
        RehearsalModel slow = RehearsalModel.start(QUICK.withLoad(Duration.ofMinutes(10)));
        try (TestDatabase database = TestDatabase.fresh()) {
            Map<String, String> settings = Map.of("PARLEY_DATABASE_URL", database.url(), "PARLEY_SECRET",
                    "a secret that is long enough for tests", "OLLAMA_URLS", quick.url() + "," + slow.url(),
                    "MAX_CONCURRENT_CHATS", Integer.toString(AT_ONCE), "REQUESTS_PER_MINUTE", "0",
                    "PARLEY_MESSAGES_PERUSERPERMINUTE", "0",
                    // A model that a test holds has not fallen silent.
                    "PARLEY_ANSWERS_FIRSTTOKENTIMEOUT", "5m", "PARLEY_ANSWERS_IDLETIMEOUT", "5m",
                    // A statement outlives who has sent it.
                    "PARLEY_DATABASE_STATEMENTTIMEOUT", "10m");
            // The crowd ends when there is nobody to ask, so the gateway ends first.
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                    GatewayProcess gateway = GatewayProcess.start(firstData, settings)) {
                Sinks.Empty<Void> earlyGate = Sinks.empty();
                Sinks.Empty<Void> lateGate = Sinks.empty();
                Promised early = askForHeld(gateway, quick, earlyGate.asMono());
                Promised late = askForHeld(gateway, quick, lateGate.asMono());
                askForColdModel(gateway, slow);
                startCrowd(gateway, threads);
                Awaitility.await().until(() -> quick.ledger().finished() >= ANSWERS_BEFORE);
                for (int i = 0; i < AT_ONCE; i++) {
                    quick.next(new Fault.Holds(Map.of(i % 2 == 0 ? 0 : 3, stuckForEver())));
                }
                Awaitility.await().until(() -> stuck.get() == AT_ONCE - 2);
                Awaitility.await().until(() -> status(gateway).path("queued").asInt() > 2 * CROWD);

                try (DialogLock lateLock = DialogLock.hold(database, late.visitor().dialog())) {
                    try (DialogLock _ = DialogLock.hold(database, early.visitor().dialog())) {
                        // One after the other, so that they are not stored by one statement.
                        earlyGate.tryEmitEmpty();
                        Awaitility.await().until(() -> DialogLock.waitingFor(database) == 1);
                        lateGate.tryEmitEmpty();
                        Awaitility.await().until(() -> DialogLock.waitingFor(database) == 2);
                        Awaitility.await().until(() -> stuck.get() == AT_ONCE);
                        assertThat(slow.ledger().open()).as("a model loads").isPositive();
                        gateway.kill();
                    }
                    slow.close();
                    slow = RehearsalModel.start(QUICK.withPort(URI.create(slow.url()).getPort()));
                    comeBack(database, settings, List.of(quick, slow), early, late, lateLock);
                }
            }
        } finally {
            quick.close();
            slow.close();
        }
    }

    /** Its answer stands still after its first words, until it may go on. */
    private Promised askForHeld(GatewayProcess gateway, RehearsalModel model, Mono<Void> gate) throws IOException {
        model.next(new Fault.Holds(Map.of(3, gate)));
        Promised asked = AskedOfProcess.visit(gateway, 1).ask(gateway).getFirst();
        promised.add(asked);
        Awaitility.await().until(() -> chats(List.of(model), asked).stream().anyMatch(chat -> chat.bytes() > 0));
        return asked;
    }

    /** It waits for a model that loads, on the server that has less to do. */
    private void askForColdModel(GatewayProcess gateway, RehearsalModel idle) throws IOException {
        long assistant = gateway.post("/api/assistants", gateway.adminToken(), Map.of("name", "Slow", "model", "cold"))
                .body().path("id").asLong();
        promised.addAll(AskedOfProcess.visit(gateway, assistant).ask(gateway));
        Awaitility.await().until(() -> idle.ledger().open() > 0);
    }

    private Mono<Void> stuckForEver() {
        return Mono.<Void>never().doOnSubscribe(chat -> stuck.incrementAndGet());
    }

    /** Each asks as much as it may, until there is nobody to ask. */
    private void startCrowd(GatewayProcess gateway, ExecutorService threads) throws IOException {
        for (int i = 0; i < CROWD; i++) {
            AskedOfProcess visitor = AskedOfProcess.visit(gateway, 1);
            threads.execute(() -> {
                try {
                    while (true) {
                        List<Promised> news = visitor.ask(gateway);
                        promised.addAll(news);
                        if (news.isEmpty()) {
                            LockSupport.parkNanos(PAUSE.toNanos());
                        }
                    }
                } catch (IOException killed) {
                    // as it was to be
                }
            });
        }
    }

    private void comeBack(TestDatabase database, Map<String, String> settings, List<RehearsalModel> models,
            Promised early,
            Promised late, DialogLock lateLock) throws Exception {
        try (GatewayProcess gateway = GatewayProcess.start(secondData, settings)) {
            long ready = System.nanoTime();
            // What the dead gateway has sent waits for the lock still, and is followed by what comes of the second try.
            Awaitility.await().atMost(PROMISED).untilAsserted(() -> {
                assertThat(chats(models, late)).extracting(Chat::outcome).containsExactly(Outcome.FINISHED,
                        Outcome.FINISHED);
                assertThat(DialogLock.waitingFor(database)).isPositive();
            });
            lateLock.close();
            Awaitility.await().atMost(PROMISED.minusNanos(System.nanoTime() - ready))
                    .pollInterval(Duration.ofMillis(500)).untilAsserted(() -> assertEachCameOnce(gateway));
            Awaitility.await().untilAsserted(() -> {
                assertThat(status(gateway).path("processing").asInt()).isZero();
                assertThat(status(gateway).path("queued").asInt()).isZero();
            });
            assertEachCameOnce(gateway);
            assertThat(chats(models, early)).as("it was being stored, and was not asked for again").hasSize(1);
            assertThat(gateway.log()).contains("answers that were left open").doesNotContain("ERROR");
            assertThat(gateway.post("/api/widget/dialogs/%d/answers".formatted(early.visitor().dialog()),
                    early.visitor().token(), Map.of()).status()).isEqualTo(202);
            Awaitility.await().until(() -> early.visitor().log(gateway).size() == 3);
        }
    }

    private void assertEachCameOnce(GatewayProcess gateway) throws IOException {
        Map<AskedOfProcess, List<JsonNode>> logs = new HashMap<>();
        for (Promised one : List.copyOf(promised)) {
            List<JsonNode> log = logs.get(one.visitor());
            if (log == null) {
                log = one.visitor().log(gateway);
                logs.put(one.visitor(), log);
                assertThat(log).extracting(message -> message.path("seq").asLong())
                        .containsExactlyElementsOf(LongStream.rangeClosed(1, log.size()).boxed().toList());
            }
            assertThat(one.answersIn(log)).as(one.question()).singleElement().satisfies(
                    answer -> assertThat(answer.path("text").asString()).isEqualTo(one.answer()));
        }
    }

    private static List<Chat> chats(List<RehearsalModel> models, Promised asked) {
        return models.stream()
                .flatMap(model -> model.ledger().chats().stream())
                .filter(chat -> !chat.messages().isEmpty()) // which only has the model loaded
                .filter(chat -> chat.messages().getLast().content().equals(asked.question()))
                .toList();
    }

    private JsonNode status(GatewayProcess gateway) throws IOException {
        return gateway.get("/api/ai/status", promised.element().visitor().token()).body();
    }
}
