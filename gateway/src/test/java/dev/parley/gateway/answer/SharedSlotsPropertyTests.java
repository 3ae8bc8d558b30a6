package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.answer.SlotNodes.Node;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever comes and ends on which node, whichever node dies, and whatever becomes of the ledger. */
class SharedSlotsPropertyTests {

    private static final int NODES = 3;
    private static final int MOST = 4;

    private sealed interface Step {
        record Ask(int node, int user, AnswerClass answerClass) implements Step {}

        record End(int node, int which) implements Step {}

        record Cancel(int node, int which) implements Step {}

        /** The next answer of the ledger to this node gets lost. */
        record Lose(int node) implements Step {}

        record Die(int node) implements Step {}

        record Cut(int node) implements Step {}

        record Mute(int node) implements Step {}

        record Heal(int node) implements Step {}

        record Forget() implements Step {}

        record Wait(int millis) implements Step {}
    }

    @Property(tries = 300)
    void whileTheLedgerIsThereNoMoreRunThanMayAndNoneIsForgotten(@ForAll("stepsWithoutCuts") List<Step> steps) {
        try (SlotNodes nodes = new SlotNodes(NODES, MOST, Duration.ofMillis(3))) {
            steps.forEach(step -> {
                take(step, nodes);
                assertThat(nodes.running()).isLessThanOrEqualTo(MOST);
            });
            nodes.letAllEnd(() -> assertThat(nodes.running()).isLessThanOrEqualTo(MOST));
        }
    }

    @Property(tries = 300)
    void whoeverIsCutOffGoesByItsShareAndEverythingHeals(@ForAll("allSteps") List<Step> steps) {
        try (SlotNodes nodes = new SlotNodes(NODES, MOST, Duration.ofMillis(3))) {
            steps.forEach(step -> {
                take(step, nodes);
                nodes.all().forEach(node -> assertThat(node.startedBeyond()).isZero());
            });
            nodes.all().forEach(Node::heal);
            nodes.letAllEnd(() -> {});
            nodes.all().forEach(node -> assertThat(node.slots().degraded()).isFalse());
            nodes.fill();
            nodes.letAllEnd(() -> assertThat(nodes.running()).isEqualTo(Math.min(MOST, nodes.open())));
        }
    }

    private static void take(Step step, SlotNodes nodes) {
        switch (step) {
            case Step.Ask(int node, int user, AnswerClass answerClass) ->
                nodes.node(node).ask("user" + user, answerClass);
            case Step.End(int node, int which) -> nodes.node(node).end(which);
            case Step.Cancel(int node, int which) -> nodes.node(node).cancel(which);
            case Step.Lose(int node) -> nodes.node(node).loseNext();
            case Step.Die(int node) -> nodes.die(node);
            case Step.Cut(int node) -> nodes.node(node).cut();
            case Step.Mute(int node) -> nodes.node(node).mute();
            case Step.Heal(int node) -> nodes.node(node).heal();
            case Step.Forget() -> nodes.forgetAll();
            case Step.Wait(int millis) -> nodes.advance(Duration.ofMillis(millis));
        }
    }

    private static Arbitrary<Integer> node() {
        return Arbitraries.integers().between(0, NODES - 1);
    }

    private static Arbitrary<Step> usual() {
        Arbitrary<Integer> any = Arbitraries.integers().between(0, 99);
        Arbitrary<Step> ask = Combinators.combine(node(), Arbitraries.integers().between(0, 5),
                Arbitraries.of(AnswerClass.class)).as(Step.Ask::new);
        return Arbitraries.frequencyOf(Tuple.of(8, ask),
                Tuple.of(5, Combinators.combine(node(), any).as(Step.End::new)),
                Tuple.of(1, Combinators.combine(node(), any).as(Step.Cancel::new)),
                Tuple.of(1, node().map(Step.Lose::new)),
                Tuple.of(1, node().map(Step.Die::new)),
                Tuple.of(6, Arbitraries.integers().between(0, 20).map(Step.Wait::new)),
                Tuple.of(1, Arbitraries.integers().between(20, 12_000).map(Step.Wait::new)));
    }

    @Provide
    Arbitrary<List<Step>> stepsWithoutCuts() {
        return usual().list().ofMaxSize(120);
    }

    @Provide
    Arbitrary<List<Step>> allSteps() {
        return Arbitraries.frequencyOf(Tuple.of(20, usual()),
                Tuple.of(1, node().map(Step.Cut::new)),
                Tuple.of(1, node().map(Step.Mute::new)),
                Tuple.of(2, node().map(Step.Heal::new)),
                Tuple.of(1, Arbitraries.just(new Step.Forget()))).list().ofMaxSize(120);
    }
}
