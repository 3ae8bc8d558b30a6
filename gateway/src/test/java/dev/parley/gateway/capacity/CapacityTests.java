package dev.parley.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What docker/CAPACITY.md says and rests on a simulation. */
class CapacityTests {

    private static final long SEED = 7;
    private static final Costs COSTS = Costs.given();
    private static final Rates RATES = Rates.given();
    private static final double OPENING = COSTS.opening() / 1e6;
    private static final double FIRST_PAUSE_AT_MOST = 1;
    private static final double PATIENCE_WITH_A_WEB_SOCKET = 8;

    @Test
    void thePaperHasTheTablesAsTheyArePrinted() throws IOException {
        List<String> paper = Files.readAllLines(Path.of("..", "docker", "CAPACITY.md"));
        Stream.of(CapacityTables.machines(RATES, COSTS), CapacityTables.storm(COSTS), CapacityTables.answers(RATES),
                CapacityTables.commits(COSTS)).forEach(table -> assertThat(paper).containsSequence(table));
    }

    @ParameterizedTest
    @CsvSource({"5, 0.5", "5, 0.8", "20, 0.8", "80, 0.9"})
    void theQueueForAnswersWaitsAsLongAsErlangSays(int slots, double busy) {
        double length = RATES.answerLength();
        double perSecond = busy * slots / length;

        AnswerQueueModel.Waits waits = new AnswerQueueModel(slots, perSecond, AnswerQueueModel.exponential(length))
                .run(SEED, 100_000);

        double expected = ErlangC.meanWait(slots, perSecond, length);
        assertThat(waits.mean()).isCloseTo(expected, within(0.15 * expected + 0.02));
        assertThat(waits.share()).isCloseTo(ErlangC.waits(slots, busy * slots), within(0.05));
    }

    @Test
    void answersOfLengthsThatDifferLessThanChanceWaitLess() {
        double length = RATES.answerLength();
        double perSecond = 0.8 * 5 / length;

        assertThat(new AnswerQueueModel(5, perSecond, AnswerQueueModel.lengths(length)).run(SEED, 100_000).mean())
                .isLessThan(ErlangC.meanWait(5, perSecond, length));
    }

    @Test
    void oneServerWaitsAsInTheTextbook() {
        assertThat(ErlangC.waits(1, 0.5)).isCloseTo(0.5, Percentage.withPercentage(0.001));
        assertThat(ErlangC.meanWait(1, 0.5, 1)).isCloseTo(1, Percentage.withPercentage(0.001));
    }

    @Test
    void aStormThatIsWorkForLessThanEightSecondsIsOverWhenTheWorkIsDone() {
        int clients = 4_000;
        ReconnectStorm.Outcome outcome = new ReconnectStorm(2 * clients, 2, OPENING, 0).run(SEED);

        double work = clients * OPENING;
        assertThat(work).isLessThan(PATIENCE_WITH_A_WEB_SOCKET);
        assertThat(outcome.all()).isBetween(work, work + FIRST_PAUSE_AT_MOST);
        assertThat(outcome.fellBack()).isZero();
        assertThat(outcome.openings()).isEqualTo(2 * clients);
    }

    @Test
    void aStormThatIsMoreWorkThanThatCostsUpToFourOpeningsForEachClient() {
        int clients = 2 * (int) (1.5 * PATIENCE_WITH_A_WEB_SOCKET / OPENING);
        ReconnectStorm.Outcome outcome = new ReconnectStorm(clients, 2, OPENING, 0).run(SEED);

        assertThat((double) outcome.fellBack() / clients).isGreaterThan(0.9);
        assertThat((double) outcome.openings() / clients).isBetween(3.0, 4.0);
        assertThat(outcome.all()).isGreaterThan(clients / 2.0 * OPENING + PATIENCE_WITH_A_WEB_SOCKET);
    }

    @Test
    void aMachineThatFallsSilentIsAGentlerStorm() {
        int clients = 2 * (int) (1.5 * PATIENCE_WITH_A_WEB_SOCKET / OPENING);

        assertThat(new ReconnectStorm(clients, 2, OPENING, 25).run(SEED).fellBack()).isZero();
    }

    @Test
    void oneNodeCommitsTwoBatchesInTheTimeOfACommitAndNoMore() {
        CommitStream slow = CommitStream.of(1, 4, 0.010, COSTS);

        assertThat(slow.run(SEED, 80_000, 0.2).perSecond()).isBetween(0.8 * 100 / 0.010, 2 * 100 / 0.010);
    }

    @Test
    void moreNodesCommitMoreUntilPostgresIsBusy() {
        double one = CommitStream.of(1, 4, 0.005, COSTS).run(SEED, 80_000, 0.2).perSecond();
        double four = CommitStream.of(4, 4, 0.005, COSTS).run(SEED, 80_000, 0.2).perSecond();
        double sixteen = CommitStream.of(16, 4, 0.005, COSTS).run(SEED, 80_000, 0.2).perSecond();

        double most = 4 * 100 / (COSTS.batch() / 1e6 + 100 * COSTS.row() / 1e6);
        assertThat(four).isGreaterThan(2 * one);
        assertThat(sixteen).isBetween(0.8 * most, 1.05 * most);
    }

    @Test
    void theSameSeedGivesTheSameNumbers() {
        assertThat(new ReconnectStorm(500, 2, OPENING, 1).run(SEED))
                .isEqualTo(new ReconnectStorm(500, 2, OPENING, 1).run(SEED));
        assertThat(CommitStream.of(2, 4, 0.001, COSTS).run(SEED, 5_000, 0.4))
                .isEqualTo(CommitStream.of(2, 4, 0.001, COSTS).run(SEED, 5_000, 0.4));
    }
}
