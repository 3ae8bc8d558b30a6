package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalLedger.Phase;
import dev.parley.gateway.rehearsal.VirtualOllama.Client;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

/** The course of one answer, in virtual time. */
class AnsweringTests {

    private static final RehearsalSettings SETTINGS = RehearsalSettings.defaults()
            .withTokensPerSecond(10)
            .withFirstToken(Duration.ofSeconds(2));
    private static final RehearsalSettings QUICK = SETTINGS.withTokensPerSecond(0).withFirstToken(Duration.ZERO);
    private static final RehearsalSettings EXACT = SETTINGS.withPace(SETTINGS.pace().withJitter(0));

    @Test
    void theFirstTokenTakesItsTimeAndTheOthersComeAtTheirRateGiveOrTakeATenth() {
        List<Long> times = times(SETTINGS, "/long 50");

        assertThat(times).hasSize(51);
        assertThat(times.getFirst()).isEqualTo(2_000);
        for (int n = 1; n < 50; n++) {
            assertThat(times.get(n) - times.get(n - 1)).as("pause before token " + n).isBetween(89L, 111L);
        }
        assertThat(times.subList(0, 50)).as("not all of one length")
                .isNotEqualTo(times(SETTINGS.withSeed(2), "/long 50").subList(0, 50));
    }

    @Test
    void theSameSeedGivesTheSamePace() {
        assertThat(times(SETTINGS, "/long 20")).isEqualTo(times(SETTINGS, "/long 20"));
    }

    @Test
    void aRateOfZeroIsWithoutPauses() {
        assertThat(times(QUICK, "/long 100")).hasSize(101).containsOnly(0L);
    }

    @Test
    void eachTokenOfThePromptTakesItsTime() {
        var settings = EXACT.withPace(EXACT.pace().withPrefillPerToken(Duration.ofMillis(10)));

        assertThat(times(settings, "/say " + "x".repeat(395)).getFirst()).isEqualTo(2_000 + 101 * 10);
    }

    @Test
    void manyAtOnceSlowEachOtherDown() {
        var ollama = new VirtualOllama(EXACT.withParallel(4).withPace(EXACT.pace().withLoadFactor(4)));
        Client alone = ollama.chat("m", "/long 3");
        ollama.pass(Duration.ofSeconds(3));
        assertThat(alone.times()).containsExactly(2_000L, 2_100L, 2_200L, 2_200L);

        List<Client> four = List.of(ollama.chat("m", "/long 3"), ollama.chat("m", "/long 3"),
                ollama.chat("m", "/long 3"),
                ollama.chat("m", "/long 3"));
        ollama.pass(Duration.ofSeconds(3));

        assertThat(four).allSatisfy(
                one -> assertThat(one.times()).as("together no faster than one").startsWith(2_000L, 2_400L, 2_800L));
    }

    @Test
    void aRequestMayWishForAPaceOfItsOwn() {
        var ollama = new VirtualOllama(EXACT);
        Client client = ollama.chat("m#first-token=50ms; tokens-per-second=100", "/long 3");
        ollama.pass(Duration.ofSeconds(1));

        assertThat(client.times()).containsExactly(50L, 60L, 70L, 70L);
        assertThat(client.line(0).path("model").asString()).isEqualTo("m#first-token=50ms; tokens-per-second=100");
        assertThat(ollama.running()).as("the name is what stands before it").containsExactly("m:latest");
    }

    @Test
    void theTotalIsTheSumOfAllThatItTook() {
        var ollama = new VirtualOllama(EXACT.withLoad(Duration.ofSeconds(30)).withParallel(1));
        ollama.chat("m", "/long 11");
        ollama.pass(Duration.ofSeconds(25));
        Client second = ollama.chat("m", "/long 11");
        ollama.pass(Duration.ofSeconds(30));

        JsonNode last = second.line(-1);
        assertThat(millis(last, "load_duration")).as("the rest of the load").isEqualTo(5_000);
        assertThat(millis(last, "prompt_eval_duration")).isEqualTo(2_000);
        assertThat(millis(last, "eval_duration")).isEqualTo(1_000);
        assertThat(millis(last, "total_duration")).as("with 3 s for the slot, which no part has").isEqualTo(11_000);
        assertThat(last.path("prompt_eval_count").asInt()).isEqualTo(3);
        assertThat(last.path("eval_count").asInt()).isEqualTo(11);
    }

    @Test
    void whatIsZeroIsLeftOut() {
        var ollama = new VirtualOllama(QUICK);

        assertThat(ollama.chat("m", "/say a").line(-1).propertyNames()).contains("eval_count", "prompt_eval_count")
                .doesNotContain("eval_duration", "total_duration");
    }

    @Test
    void anAnswerStopsAtNumPredict() {
        JsonNode last = new VirtualOllama(QUICK).chat("m", "/long 100", ",\"options\":{\"num_predict\":3}").line(-1);

        assertThat(last.path("done_reason").asString()).isEqualTo("length");
        assertThat(last.path("eval_count").asInt()).isEqualTo(3);
    }

    @Test
    void ofAPromptThatIsTooLongOnlyWhatFitsIsRead() {
        String old = "{\"role\":\"user\",\"content\":\"" + "x".repeat(2_000) + "\"},";
        String body = "{\"model\":\"m\",\"options\":{\"num_ctx\":%d},\"messages\":["
                + "{\"role\":\"system\",\"content\":\"" + "y".repeat(400) + "\"}," + old + old
                + "{\"role\":\"user\",\"content\":\"/say a\"}]}";

        assertThat(prompt(body.formatted(4096))).isEqualTo(100 + 500 + 500 + 1 + 1);
        assertThat(prompt(body.formatted(1024))).isEqualTo(100 + 500 + 1 + 1);
        assertThat(prompt(body.formatted(512))).isEqualTo(100 + 1 + 1);
    }

    @Test
    void anAnswerThatIsHeldGoesOnWhereItStoodOnceItMay() {
        Sinks.Empty<Void> gate = Sinks.empty();
        var ollama = new VirtualOllama(QUICK);
        ollama.next(new Fault.Holds(Map.of(2, gate.asMono())));
        Client client = ollama.chat("m", "/long 4");
        ollama.pass(Duration.ofMinutes(1));
        assertThat(client.lines()).hasSize(2);

        gate.tryEmitEmpty();
        ollama.pass(Duration.ZERO);

        assertThat(client.lines()).hasSize(5);
        assertThat(client.isOver()).isTrue();
    }

    @Test
    void aPauseIsSilenceForAWhile() {
        var ollama = new VirtualOllama(EXACT);
        Client client = ollama.chat("m", "/fault pause 2 1m");
        ollama.pass(Duration.ofMinutes(2));

        assertThat(client.times().get(1)).isEqualTo(2_100);
        assertThat(client.times().get(2)).isBetween(62_000L, 62_200L);
        assertThat(client.isOver()).isTrue();
    }

    @Test
    void aModelThatIsWedgedAnswersNoChatButEverythingElse() {
        var ollama = new VirtualOllama(QUICK.withFault("stall 0"));
        Client client = ollama.chat("m", "Hello");
        ollama.pass(Duration.ofMinutes(5));

        assertThat(client.text()).isEmpty();
        assertThat(ollama.post("/api/show", "{\"model\":\"m\"}").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"1, LOADING, 499", "10, SLOT_WAIT, 0", "14, PREFILL, 0", "17, DECODE, 200"})
    void knowsInWhichPhaseAClientLeft(int second, Phase phase, int status) {
        var ollama = new VirtualOllama(EXACT.withLoad(Duration.ofSeconds(5)).withParallel(1));
        Client first = ollama.chat("m", "/long 60");
        if (phase != Phase.LOADING) {
            ollama.pass(Duration.ofSeconds(6));
        } else {
            first.leave();
        }
        Client client = ollama.chat("m", "/long 60");
        if (phase != Phase.LOADING) {
            // The first is done after 5 + 2 + 5.9 s.
            ollama.pass(Duration.ofSeconds(second - 6));
        }
        client.leave();

        Chat chat = ollama.ledger().chats().getLast();
        assertThat(chat.outcome()).isEqualTo(Outcome.LEFT);
        assertThat(chat.course().phase()).isEqualTo(phase);
        assertThat(chat.course().status()).isEqualTo(status);
        ollama.pass(Duration.ofMinutes(1));
        assertThat(ollama.ledger().running()).isZero();
    }

    @Test
    void aPromptMayBeReadToItsEndForNobody() {
        var ollama = new VirtualOllama(EXACT.withParallel(1).withPace(EXACT.pace().withPrefillGoesOn(true)));
        Client first = ollama.chat("m", "/long 9");
        Client second = ollama.chat("m", "/long 1");
        ollama.pass(Duration.ofMillis(500));
        first.leave();
        assertThat(ollama.ledger().running()).as("the slot of the one that left").isOne();
        ollama.pass(Duration.ofSeconds(10));

        assertThat(first.text()).isEmpty();
        assertThat(second.times().getFirst()).isEqualTo(4_000);
        assertThat(ollama.ledger().running()).isZero();
    }

    @Test
    void aLeakedSlotComesBackWhenItsModelIsUnloaded() {
        var ollama = new VirtualOllama(QUICK.withParallel(1));
        assertThat(ollama.chat("m", "/fault leak").isOver()).isTrue();
        Client stuck = ollama.chat("m", "Hello", ",\"keep_alive\":60");
        ollama.pass(Duration.ofMinutes(10));
        assertThat(stuck.text()).isEmpty();

        stuck.leave();
        ollama.pass(Duration.ofMinutes(2));

        assertThat(ollama.running()).isEmpty();
        assertThat(ollama.ledger().running()).isZero();
        assertThat(ollama.chat("m", "Hello").isOver()).isTrue();
    }

    private static long millis(JsonNode line, String name) {
        return line.path(name).asLong() / 1_000_000;
    }

    private static int prompt(String body) {
        return new VirtualOllama(QUICK).post("/api/chat", body).line(-1).path("prompt_eval_count").asInt();
    }

    private static List<Long> times(RehearsalSettings settings, String message) {
        var ollama = new VirtualOllama(settings);
        Client client = ollama.chat("m", message);
        ollama.pass(Duration.ofSeconds(20));
        assertThat(client.isOver()).isTrue();
        return client.times();
    }
}
