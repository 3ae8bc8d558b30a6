package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.RehearsalLedger.Loads;
import dev.parley.gateway.rehearsal.RehearsalLedger.Phase;
import dev.parley.gateway.rehearsal.RehearsalLedger.Start;
import dev.parley.gateway.rehearsal.VirtualOllama.Client;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The life of the models, in virtual time: what Ollama's scheduler does, seen by its clients. */
class RunnersTests {

    /** 30 s for a load, then 2 s to the first token and 0.1 s to each other. */
    private static final RehearsalSettings SETTINGS = RehearsalSettings.defaults()
            .withPace(Pace.defaults().withTokensPerSecond(10).withFirstToken(Duration.ofSeconds(2)).withJitter(0))
            .withLoad(Duration.ofSeconds(30));

    private final VirtualOllama ollama = new VirtualOllama(SETTINGS);

    @Test
    void aColdModelLoadsFirstAndAWarmOneDoesNot() {
        assertThat(firstToken("m", "")).isEqualTo(32_000);
        assertThat(firstToken("m", "")).isEqualTo(2_000);

        Client unload = ollama.chat("m", "", ",\"keep_alive\":0");

        assertThat(unload.line(0).path("done_reason").asString()).isEqualTo("unload");
        assertThat(ollama.running()).isEmpty();
        assertThat(firstToken("m", "")).isEqualTo(32_000);
        assertThat(ollama.ledger().loads("m")).isEqualTo(new Loads(2, 2, 0, 1));
    }

    @Test
    void aLoadIsOneAnswerOfItsOwn() {
        Client load = ollama.chat("m", "");
        ollama.pass(Duration.ofSeconds(29));
        assertThat(load.text()).isEmpty();
        ollama.pass(Duration.ofSeconds(1));

        assertThat(load.line(0).path("done_reason").asString()).isEqualTo("load");
        assertThat(load.line(0).path("load_duration").asLong()).isEqualTo(30_000_000_000L);
    }

    @Test
    void aModelThatIsBeingLoadedIsNotThereYet() {
        ollama.chat("m", "/long 1");
        ollama.pass(Duration.ofSeconds(29));
        assertThat(ollama.running()).isEmpty();
        ollama.pass(Duration.ofSeconds(1));
        assertThat(ollama.running()).containsExactly("m:latest");
    }

    @Test
    void aLoadWhoseClientLeavesBeginsAnewForTheNext() {
        Client first = ollama.chat("m", "/long 1");
        Client second = ollama.chat("m", "/long 1");
        ollama.pass(Duration.ofSeconds(20));
        first.leave();
        ollama.pass(Duration.ofMinutes(1));

        assertThat(second.times().getFirst()).isEqualTo(20_000 + 30_000 + 2_000);
        assertThat(ollama.ledger().loads("m")).isEqualTo(new Loads(2, 1, 1, 0));
        assertThat(ollama.ledger().chats().getFirst().course().status()).isEqualTo(499);
    }

    @Test
    void aLoadWhoseClientLeavesIsLostIfNobodyElseWantsIt() {
        ollama.chat("m", "/long 1").leave();
        ollama.pass(Duration.ofMinutes(1));

        assertThat(ollama.running()).isEmpty();
        assertThat(ollama.ledger().loads("m")).isEqualTo(new Loads(1, 0, 1, 0));
    }

    @Test
    void whoWaitsForALoadOfOthersLeavesWithoutHarm() {
        Client first = ollama.chat("m", "/long 1");
        Client second = ollama.chat("m", "/long 1");
        ollama.pass(Duration.ofSeconds(20));
        second.leave();
        ollama.pass(Duration.ofMinutes(1));

        assertThat(first.times().getFirst()).isEqualTo(32_000);
        assertThat(ollama.ledger().chats().getLast().course().phase()).isEqualTo(Phase.LOAD_QUEUE);
        assertThat(ollama.ledger().loads("m").begun()).isOne();
    }

    @Test
    void oneLoadAtATimeHoldsUpAllThatIsCold() {
        warm("warm");
        Client a = ollama.chat("a", "/long 1");
        Client b = ollama.chat("b", "/long 1");
        Client warm = ollama.chat("warm", "/long 1");
        ollama.pass(Duration.ofMinutes(2));

        assertThat(a.times().getFirst()).isEqualTo(32_000);
        assertThat(b.times().getFirst()).isEqualTo(62_000);
        assertThat(warm.times().getFirst()).as("goes past them").isEqualTo(2_000);
    }

    @Test
    void theLoadQueueIsBoundedAndWhoLeavesItKeepsThePlace() {
        ollama.change(SETTINGS.withMemory(SETTINGS.memory().withMaxQueue(2)));
        ollama.chat("m", "/long 1");
        ollama.chat("m", "/long 1").leave();
        ollama.chat("m", "/long 1");
        Client refused = ollama.chat("m", "/long 1");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.text()).endsWith(
                "{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}");
        ollama.pass(Duration.ofMinutes(1));
        assertThat(ollama.chat("m", "/long 1").status()).as("once warm, nobody is refused").isZero();
    }

    @Test
    void aWarmModelLetsAnyNumberWait() {
        warm("m");
        List<Client> many = IntStream.range(0, 1_000).mapToObj(n -> ollama.chat("m", "/long 1")).toList();

        assertThat(many).allSatisfy(client -> assertThat(client.text()).isEmpty());
        assertThat(ollama.ledger().open()).isEqualTo(1_000);
        assertThat(ollama.ledger().running()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"num_ctx\":8192", "\"num_gpu\":20", "\"num_batch\":64", "\"num_thread\":4",
            "\"use_mmap\":false"})
    void anotherOptionOfTheRunnerLoadsTheModelAnew(String option) {
        warm("m");

        assertThat(firstToken("m", ",\"options\":{" + option + "}")).isEqualTo(32_000);
        assertThat(firstToken("m", ",\"options\":{" + option + "}")).isEqualTo(2_000);
        assertThat(ollama.running()).containsExactly("m:latest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"num_ctx\":4096", "\"num_gpu\":-1", "\"temperature\":0.1,\"num_predict\":9"})
    void otherOptionsDoNot(String option) {
        warm("m");

        assertThat(firstToken("m", ",\"options\":{" + option + "}")).isEqualTo(2_000);
    }

    @Test
    void aModelThatIsInUseIsLoadedAnewOnlyWhenItIsIdle() {
        warm("m");
        ollama.chat("m", "/long 101");
        Client other = ollama.chat("m", "/long 1", ",\"options\":{\"num_ctx\":8192}");
        ollama.pass(Duration.ofMinutes(1));

        assertThat(other.times().getFirst()).isEqualTo(12_000 + 30_000 + 2_000);
    }

    @Test
    void theIdleModelGoesThatWouldHaveGoneFirst() {
        warm("a", ",\"keep_alive\":3000");
        warm("b", ",\"keep_alive\":1000");
        warm("c", ",\"keep_alive\":2000");
        ollama.chat("b", "/long 10");
        ollama.chat("d", "/long 1");
        ollama.pass(Duration.ofSeconds(31));

        assertThat(ollama.running()).containsExactlyInAnyOrder("a:latest", "b:latest", "d:latest");
    }

    @Test
    void whereAllAreInUseOneIsWaitedForAndWithItEverybodyWhoIsCold() {
        ollama.change(SETTINGS.withMemory(SETTINGS.memory().withMaxLoaded(1)));
        warm("a");
        ollama.chat("a", "/long 101");
        Client b = ollama.chat("b", "/long 1");
        Client again = ollama.chat("a", "/long 1");
        ollama.pass(Duration.ofMinutes(1));

        assertThat(again.times().getFirst()).as("is still warm").isEqualTo(2_000);
        assertThat(b.times().getFirst()).isEqualTo(12_000 + 30_000 + 2_000);
        assertThat(ollama.running()).containsExactly("b:latest");
    }

    @Test
    void whoLeavesWhileAModelIsWaitedForLoadsNothing() {
        ollama.change(SETTINGS.withMemory(SETTINGS.memory().withMaxLoaded(1)));
        warm("a");
        ollama.chat("a", "/long 101");
        Client b = ollama.chat("b", "/long 1");
        Client c = ollama.chat("c", "/long 1");
        b.leave();
        ollama.pass(Duration.ofMinutes(1));

        assertThat(ollama.ledger().loads("b")).isEqualTo(Loads.NONE);
        assertThat(c.times().getFirst()).isEqualTo(12_000 + 30_000 + 2_000);
    }

    @Test
    void anIdleModelStaysAsLongAsTheLastOneSaid() {
        warm("m", ",\"keep_alive\":\"10m\"");
        firstToken("m", ",\"keep_alive\":\"1m\"");
        // Of the 40 s that this takes, it is idle for 38.
        ollama.pass(Duration.ofSeconds(20));
        assertThat(ollama.running()).hasSize(1);
        firstToken("m", "");
        ollama.pass(Duration.ofSeconds(20));
        assertThat(ollama.running()).as("the time begins anew with each use").hasSize(1);
        ollama.pass(Duration.ofSeconds(2));

        assertThat(ollama.running()).isEmpty();
    }

    @Test
    void aModelInUseStaysHoweverLongItTakes() {
        ollama.chat("m", "/long 900", ",\"keep_alive\":1");
        ollama.pass(Duration.ofSeconds(100));
        assertThat(ollama.running()).hasSize(1);
        ollama.chat("m", "", ",\"keep_alive\":0");
        assertThat(ollama.running()).as("even if it is told to go").hasSize(1);
        ollama.pass(Duration.ofSeconds(22));

        assertThat(ollama.running()).isEmpty();
    }

    @Test
    void someFamiliesGiveOneAnswerAtATime() {
        warm("library/qwen3-vl:8b");
        ollama.chat("library/qwen3-vl:8b", "/long 11");
        Client second = ollama.chat("library/qwen3-vl:8b", "/long 1");
        ollama.pass(Duration.ofSeconds(10));

        assertThat(second.times().getFirst()).isEqualTo(3_000 + 2_000);
    }

    @Test
    void startsAreInTheOrderOfComingUnderTheNamesOfThoseWhoCame() {
        ollama.change(SETTINGS.withParallel(1));
        warm("m");
        ollama.ledger().clear();
        ollama.chat("m#user=ada", "/long 1");
        ollama.chat("m", "/long 2");
        Client gone = ollama.chat("m#user=cy", "/long 1");
        ollama.chat("m#user=dora", "/long 1");
        gone.leave();
        ollama.pass(Duration.ofSeconds(20));

        assertThat(ollama.ledger().starts()).extracting(Start::label).containsExactly("ada", "/long 2", "dora");
        assertThat(ollama.ledger().mostRunning()).isOne();
        assertThat(ollama.ledger().mostAtOnce()).isEqualTo(4);
    }

    @Test
    void moreSlotsServeThoseWhoWaitAtOnce() {
        ollama.change(SETTINGS.withParallel(1));
        warm("m");
        ollama.chat("m", "/long 100");
        Client second = ollama.chat("m", "/long 1");
        ollama.pass(Duration.ofSeconds(3));
        ollama.change(SETTINGS.withParallel(2));
        ollama.pass(Duration.ofSeconds(3));

        assertThat(second.times().getFirst()).isEqualTo(5_000);
    }

    private void warm(String model) {
        warm(model, "");
    }

    private void warm(String model, String more) {
        assertThat(firstToken(model, more)).isPositive();
    }

    /** When the first token of an answer came, which is over then. */
    private long firstToken(String model, String more) {
        Client client = ollama.chat(model, "/long 1", more);
        ollama.pass(Duration.ofSeconds(40));
        assertThat(client.isOver()).isTrue();
        return client.times().getFirst();
    }
}
