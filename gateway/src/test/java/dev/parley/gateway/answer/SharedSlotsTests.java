package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.answer.SlotNodes.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SharedSlotsTests {

    private static final int MOST = 5;
    private static final Duration WAY = Duration.ofMillis(2);

    private final SlotNodes nodes = new SlotNodes(2, MOST, WAY);
    private final Node one = nodes.node(0);
    private final Node other = nodes.node(1);

    @AfterEach
    void close() {
        nodes.close();
    }

    private void ask(Node node, int count) {
        for (int i = 0; i < count; i++) {
            node.ask("user" + i, AnswerClass.INTERACTIVE);
        }
    }

    @Test
    void anAnswerThatComesAloneStartsAfterOneQuestion() {
        ask(one, 1);
        nodes.advance(WAY);
        assertThat(one.running()).isOne();
    }

    @Test
    void oneNodeAloneHasAllSlotsAndGivesThemBackAtOnce() {
        ask(one, 7);
        nodes.advance(WAY.multipliedBy(3));
        assertThat(one.running()).isEqualTo(MOST);
        IntStream.range(0, 7).forEach(each -> {
            one.end(0);
            nodes.advance(WAY.multipliedBy(2));
        });
        assertThat(nodes.heldByLedger(one)).isZero();
        ask(other, 7);
        nodes.advance(WAY.multipliedBy(3));
        assertThat(other.running()).isEqualTo(MOST);
    }

    @Test
    void aSlotThatIsFreeGoesToTheOtherNodeWithoutWaitingForItsNextQuestion() {
        ask(one, 5);
        nodes.advance(WAY.multipliedBy(3));
        ask(other, 1);
        nodes.advance(Duration.ofSeconds(1).plus(WAY));
        one.end(0);
        nodes.advance(WAY.multipliedBy(2));
        assertThat(other.running()).isOne();
    }

    @Test
    void leasesAreRenewedForAsLongAsAnswersRun() {
        ask(one, 3);
        nodes.advance(Duration.ofMinutes(2));
        ask(other, 9);
        nodes.advance(Duration.ofSeconds(1));
        assertThat(nodes.running()).isEqualTo(MOST);
    }

    @Test
    void oneQuestionThatIsLostDoesNoHarm() {
        one.loseNext();
        ask(one, 1);
        nodes.advance(SharedSlots.PATIENCE.plus(WAY).plus(WAY));
        assertThat(one.slots().degraded()).isFalse();
        assertThat(one.running()).isOne();
    }

    @Test
    void whoGetsNoAnswerTwiceGoesOnWithItsShareAndSaysSo() {
        one.mute();
        ask(one, 5);
        nodes.advance(SharedSlots.PATIENCE.multipliedBy(2));
        assertThat(one.slots().degraded()).isTrue();
        assertThat(one.running()).isEqualTo(2);
        // Nobody waits while it tries again.
        for (int i = 0; i < 40; i++) {
            nodes.advance(Duration.ofMillis(100));
            one.end(0);
            ask(one, 1);
            assertThat(one.running()).isEqualTo(2);
        }
    }

    @Test
    void whoCannotAskHasItsShareAtOnce() {
        one.cut();
        other.cut();
        ask(one, 5);
        ask(other, 5);
        assertThat(List.of(one.running(), other.running())).containsExactly(2, 2);
    }

    @Test
    void whatACutOffNodeUsesUnseenIsNotGivenToTheOthers() {
        one.cut();
        ask(one, 5);
        nodes.advance(SlotLedger.LEASE);
        ask(other, 9);
        nodes.advance(Duration.ofSeconds(1));
        assertThat(List.of(one.running(), other.running())).containsExactly(2, 3);
    }

    @Test
    void whoIsHealedSaysWhatItUsesAndSharesAgain() {
        one.cut();
        ask(one, 9);
        nodes.advance(Duration.ofSeconds(20));
        assertThat(one.running()).isEqualTo(2);
        one.heal();
        nodes.advance(SharedSlots.PAUSE.plus(SharedSlots.PATIENCE));
        assertThat(one.slots().degraded()).isFalse();
        assertThat(one.running()).isEqualTo(MOST);
        assertThat(nodes.heldByLedger(one)).isEqualTo(MOST);
    }

    @Test
    void whereAllIsForgottenWhatRunsGoesOnAndCountsAgainSoon() {
        ask(one, 5);
        nodes.advance(Duration.ofSeconds(1));
        nodes.forgetAll();
        ask(other, 2);
        nodes.advance(SharedSlots.RENEW_EVERY.plusSeconds(1));
        assertThat(List.of(one.running(), other.running())).containsExactly(5, 2);
        assertThat(List.of(nodes.heldByLedger(one), nodes.heldByLedger(other))).containsExactly(5, 2);
        ask(other, 2);
        ask(one, 2);
        nodes.advance(Duration.ofSeconds(4));
        assertThat(nodes.running()).isEqualTo(7);
    }

    @Test
    void nothingNewStartsInASlotWhoseLeaseIsOver() {
        AnswerSlots slots = new AnswerSlots(MOST);
        slots.hold(3, 4, 100);
        assertThat(slots.usable(99)).isEqualTo(3);
        assertThat(slots.usable(100)).isZero();
        slots.holdForGood(2);
        assertThat(slots.usable(1_000)).isEqualTo(2);
    }

    /**
     * One user has many answers to ask for on one node, and many users one each on the other: how often has the one a second
     * turn, or a further one, while somebody waits, which in one queue is never.
     */
    @Test
    void usersOfAllNodesTakeTurnsAsIfTheyStoodInOneLine() {
        Random random = new Random(4711);
        int worst = 0;
        for (int round = 0; round < 200; round++) {
            worst = Math.max(worst, mostTurnsTooMany(random));
        }
        assertThat(worst).isOne();
    }

    private static int mostTurnsTooMany(Random random) {
        try (SlotNodes pair = new SlotNodes(2, MOST, WAY)) {
            Map<String, Map<String, Integer>> turnsWhileWaiting = new HashMap<>();
            List<Integer> tooMany = new ArrayList<>();
            pair.onStart(ticket -> {
                Map<String, Integer> turns = turnsWhileWaiting.remove(ticket.askedBy());
                if (turns != null) {
                    tooMany.add(turns.values().stream().mapToInt(count -> Math.max(0, count - 1)).sum());
                }
                turnsWhileWaiting.values().forEach(each -> each.merge(ticket.askedBy(), 1, Integer::sum));
            });
            for (int i = 0; i < 60; i++) {
                pair.node(0).ask("greedy", AnswerClass.INTERACTIVE);
            }
            for (int i = 0; i < 40; i++) {
                if (i % 2 == 0) {
                    turnsWhileWaiting.put("modest" + i, new HashMap<>());
                    pair.node(1).ask("modest" + i, AnswerClass.INTERACTIVE);
                }
                pair.advance(Duration.ofMillis(random.nextInt(1, 60)));
                pair.node(random.nextInt(2)).end(random.nextInt(5));
            }
            while (pair.open() > 0) {
                pair.advance(Duration.ofMillis(random.nextInt(1, 60)));
                pair.node(random.nextInt(2)).end(random.nextInt(5));
            }
            return tooMany.stream().mapToInt(each -> each).max().orElse(0);
        }
    }
}
