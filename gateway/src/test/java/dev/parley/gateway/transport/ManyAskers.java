package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.rehearsal.RehearsalLedger;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** Many visitors who ask at once, of a gateway with a model that nobody else asks, and what its ledger says of them. */
@TestPropertySource(properties = {"parley.ollama.urls=${tests.models}", "parley.answers.max-per-user=3",
        // An answer that a test holds is no model that has fallen silent.
        "parley.answers.first-token-timeout=120s", "parley.answers.idle-timeout=120s"})
abstract class ManyAskers extends Conversations {

    /** As many answers as the gateway lets run at once by itself. */
    static final int AT_ONCE = 5;

    /** The crowd's own. */
    static final RehearsalModel SPEAKER = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(300));

    private static final int WORDS_BEFORE_HOLD = 3;
    /** For a whole crowd. */
    private static final Duration LONG = Duration.ofMinutes(2);

    private final List<Asker> all = new ArrayList<>();
    private String admin = "";

    @DynamicPropertySource
    static void speaker(DynamicPropertyRegistry registry) {
        registry.add("tests.models", SPEAKER::url);
    }

    @AfterEach
    void leave() {
        all.forEach(Asker::close);
    }

    /** So many new ones, who are there and have not asked yet. */
    List<Asker> askers(int count) throws Exception {
        List<Asker> askers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Opened visitor = visitor();
            Asker asker = new Asker(visitor, widget(visitor, "since=0&echo=true"));
            askers.add(asker);
            all.add(asker);
        }
        return askers;
    }

    /** Has the model loaded. */
    void warm() throws Exception {
        Asker asker = askers(1).getFirst();
        asker.ask("/say " + name("warm"));
        awaitEnds(List.of(asker));
    }

    /** Has each answer of these stand still after its first words, and returns when all of them do. */
    List<HeldAnswer> holdAnswers(List<Asker> askers) {
        List<HeldAnswer> held = askers.stream().map(asker -> HeldAnswer.next(SPEAKER, WORDS_BEFORE_HOLD)).toList();
        askers.forEach(asker -> asker.ask("Why, asks " + name("asker")));
        askers.forEach(asker -> asker.socket().await("answer_delta"));
        return held;
    }

    /** Returns when every one has been told of the end of its answer, and then of all else. */
    void awaitEnds(List<Asker> askers) {
        Awaitility.await().atMost(LONG).until(() -> askers.stream().allMatch(Asker::isAnswered));
        Awaitility.await().untilAsserted(this::assertIdle);
        askers.forEach(Asker::ping);
        Awaitility.await().until(() -> askers.stream().allMatch(Asker::hasHeardAll));
    }

    /** No place at the model is taken, by whatever has become of who had it, and nobody waits for one. */
    void assertIdle() {
        assertThat(status()).containsEntry("processing", 0).containsEntry("queued", 0);
    }

    /** Each place at the model can be taken still, all of them at once. */
    void assertAllPlacesAreThere() throws Exception {
        List<Asker> askers = askers(AT_ONCE);
        List<HeldAnswer> held = holdAnswers(askers);
        assertThat(status()).containsEntry("processing", AT_ONCE);
        held.forEach(HeldAnswer::close);
        awaitEnds(askers);
        askers.forEach(ManyAskers::assertWhollyAnswered);
    }

    /** How the answers of this gateway do, as administrators see it. */
    Map<String, Object> status() {
        return json(request(HttpMethod.GET, "/api/ai/status", cachedAdmin()), 200);
    }

    String cachedAdmin() {
        if (admin.isEmpty()) {
            admin = admin();
        }
        return admin;
    }

    /** The requests in which this was the question. */
    static List<RehearsalLedger.Chat> chats(Asker asker) {
        return chats(List.of(asker)).toList();
    }

    static Stream<RehearsalLedger.Chat> chats(List<Asker> askers) {
        List<String> questions = askers.stream().map(Asker::question).toList();
        return SPEAKER.ledger()
                .chats()
                .stream()
                .filter(chat -> !chat.messages().isEmpty()) // which only has the model loaded
                .filter(chat -> questions.contains(chat.messages().getLast().content()));
    }

    /** The model's whole answer to the only question of a dialog. */
    static String whole(Asker asker) {
        return RehearsalModel.answerTo(List.of(asker.question()));
    }

    /** It has got its answer, whole and once, and its model was asked once. */
    static void assertWhollyAnswered(Asker asker) {
        JsonNode end = assertEndedOnce(asker);
        assertThat(end.path("reason").asString()).as("%s", asker).isEqualTo("done");
        assertThat(asker.answers()).as("%s", asker).singleElement()
                .satisfies(answer -> assertThat(answer.path("text").asString()).isEqualTo(whole(asker)));
        assertThat(chats(asker)).as("%s", asker).hasSize(1);
    }

    /** What holds of every answer, whatever has become of it. Returns its end. */
    static JsonNode assertEndedOnce(Asker asker) {
        assertThat(asker.seqs()).as("%s", asker)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, asker.seqs().size()).boxed().toList());
        assertThat(asker.ends()).as("%s", asker).hasSize(1);
        JsonNode end = asker.ends().getFirst();
        assertThat(asker.answers()).as("a message where the end says so: %s", asker).hasSize(end.has("seq") ? 1 : 0);
        String stored = asker.answers().stream().map(answer -> answer.path("text").asString()).findFirst().orElse("");
        assertThat(stored).as("nothing that was shown is lost: %s", asker).startsWith(asker.shown());
        assertThat(whole(asker)).as("what it keeps is the beginning: %s", asker).startsWith(stored);
        assertThat(asker.answers()).allSatisfy(answer -> {
            assertThat(answer.path("seq")).isEqualTo(end.path("seq"));
            assertThat(answer.path("state").asString("")).isEqualTo(state(end.path("reason").asString()));
        });
        return end;
    }

    private static String state(String reason) {
        return switch (reason) {
            case "done" -> "";
            case "failed", "timeout" -> "failed";
            default -> "cancelled";
        };
    }
}
