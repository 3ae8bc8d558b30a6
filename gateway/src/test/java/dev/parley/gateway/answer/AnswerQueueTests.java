package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Readiness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.WaitPhase;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class AnswerQueueTests {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private Readiness readiness = Readiness.READY;
    private AnswerQueue queue = queue(1, 3, 3);

    private AnswerQueue queue(int running, int waiting, int perUser) {
        return new AnswerQueue(new AnswerQueue.Limits(running, waiting, perUser, PATIENCE),
                model -> model.equals(MODEL) ? readiness : Readiness.READY, clock);
    }

    @Test
    void onlySoManyRunAtOnceAndTheOthersInTheOrderTheyCame() {
        queue = queue(2, 9, 3);
        add("a1", "b1", "c1", "d1");
        assertThat(started()).containsExactly("a1", "b1");
        assertThat(started()).isEmpty();
        queue.ended("b1");
        assertThat(started()).containsExactly("c1");
    }

    @Test
    void fewerRunWhereTheModelsBearNoMoreAndWhatRunsGoesOn() {
        queue = queue(3, 9, 3);
        add("a1", "b1", "c1", "d1", "e1");
        assertThat(started()).containsExactly("a1", "b1", "c1");
        queue.bear(1);
        queue.ended("a1");
        queue.ended("b1");
        assertThat(started()).isEmpty();
        queue.ended("c1");
        assertThat(started()).containsExactly("d1");
        queue.bear(3);
        assertThat(started()).containsExactly("e1");
    }

    @Test
    void whatWaitsForAModelThatIsNotReadyHoldsUpNobodyElse() {
        readiness = Readiness.LOADING;
        add("a1");
        queue.add(new AnswerTicket("b1", 1, 1, 0, new ModelName(ModelKind.OPENAI, "gpt"), "b",
                AnswerClass.INTERACTIVE, NOW));
        queue.release("b1");
        assertThat(started()).containsExactly("b1");
        queue.ended("b1");
        assertThat(queue.newPlaces()).singleElement()
                .satisfies(place -> assertThat(place.phase()).isEqualTo(WaitPhase.LOADING));
        readiness = Readiness.READY;
        assertThat(started()).containsExactly("a1");
    }

    @Test
    void aPlaceIsToldAgainWhenItsPhaseChanges() {
        readiness = Readiness.LOADING;
        add("a1");
        assertThat(queue.newPlaces()).hasSize(1);
        assertThat(queue.newPlaces()).isEmpty();
        readiness = Readiness.DOWN;
        clock.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(queue.newPlaces()).singleElement().satisfies(place -> {
            assertThat(place.position()).isEqualTo(1);
            assertThat(place.phase()).isEqualTo(WaitPhase.UNAVAILABLE);
        });
    }

    @Test
    void nobodyIsToldOfAPlaceMoreOftenThanOnceASecond() {
        add("a1", "b1", "c1");
        assertThat(started()).containsExactly("a1");
        assertThat(queue.newPlace("c1")).hasValueSatisfying(place -> assertThat(place.position()).isEqualTo(2));
        queue.ended("a1");
        assertThat(started()).containsExactly("b1");
        clock.advanceTimeBy(Duration.ofMillis(900));
        assertThat(queue.newPlaces()).isEmpty();
        clock.advanceTimeBy(Duration.ofMillis(100));
        assertThat(queue.newPlaces()).singleElement().satisfies(place -> assertThat(place.position()).isEqualTo(1));
    }

    @Test
    void whatFindsItsModelUnreadyIsNextAgainWithAllThatItHasTried() {
        add("a1", "a2", "b1");
        AnswerQueue.Start first = queue.next().orElseThrow();
        assertThat(first.ticket().requestId()).isEqualTo("a1");
        queue.putBack("a1", MODEL);
        assertThat(queue.running()).isZero();
        AnswerQueue.Start again = queue.next().orElseThrow();
        assertThat(again.ticket()).isEqualTo(first.ticket());
        assertThat(again.tries()).isSameAs(first.tries());
        queue.ended("a1");
        assertThat(started()).containsExactly("b1");
    }

    @Test
    void whileTheModelIsNotReadyTheQueueIsBoundedAsWell() {
        readiness = Readiness.LOADING;
        add("a1", "b1", "c1");
        assertThat(queue.promise("d1", "d", MODEL, null)).contains(Problem.QUEUE_FULL);
        readiness = Readiness.READY;
        assertThat(queue.promise("d1", "d", MODEL, null)).isEmpty();
    }

    @Test
    void nobodyWaitsForASecondTurnOfSomebodyElse() {
        add("a1", "a2", "a3", "b1", "c1", "c2");
        assertThat(allInTurn()).containsExactly("a1", "b1", "c1", "a2", "c2", "a3");
    }

    @Test
    void whoComesAgainAfterItsTurnStandsBehindAllWhoWait() {
        add("a1", "b1", "c1");
        assertThat(started()).containsExactly("a1");
        add("a2");
        queue.ended("a1");
        assertThat(allInTurn()).containsExactly("b1", "c1", "a2");
    }

    @Test
    void nothingStartsBeforeItIsReleasedAndItHoldsUpNobodyElse() {
        queue.add(ticket("a1"));
        add("b1");
        assertThat(started()).containsExactly("b1");
        queue.ended("b1");
        assertThat(started()).isEmpty();
        queue.release("a1");
        assertThat(started()).containsExactly("a1");
    }

    @Test
    void whatWillStartAtOnceHasNoPlaceInTheLine() {
        queue = queue(2, 9, 3);
        queue.add(ticket("a1"));
        assertThat(queue.position("a1")).isZero();
        add("b1", "c1");
        queue.release("a1");
        started();
        assertThat(queue.position("a1")).isZero();
        assertThat(queue.position("c1")).isEqualTo(1);
    }

    @Test
    void placesAreThoseAtWhichTheyWillStart() {
        add("a1", "a2", "a3", "b1", "c1", "c2", "d1");
        List<String> inOrder = List.of("a1", "b1", "c1", "d1", "a2", "c2", "a3");
        started();
        for (int i = 1; i < inOrder.size(); i++) {
            assertThat(queue.position(inOrder.get(i))).as(inOrder.get(i)).isEqualTo(i);
        }
        assertThat(places()).containsExactly("b1=1", "c1=2", "d1=3", "a2=4", "c2=5", "a3=6");
        queue.ended("a1");
        assertThat(allInTurn()).isEqualTo(inOrder.subList(1, inOrder.size()));
    }

    @Test
    void placesAreToldOnceEachTimeTheyChange() {
        add("a1", "b1", "c1");
        started();
        assertThat(places()).containsExactly("b1=1", "c1=2");
        assertThat(places()).isEmpty();
        queue.ended("a1");
        started();
        assertThat(places()).containsExactly("c1=1");
    }

    @Test
    void whenAnAnswerWillStartIsToldOnceItIsKnownHowLongTheyTake() {
        queue = queue(2, 9, 3);
        add("a1", "b1", "c1", "d1");
        started();
        assertThat(queue.newPlace("c1").orElseThrow().startsIn()).isNull();
        clock.advanceTimeBy(Duration.ofSeconds(10));
        queue.ended("a1");
        started();
        // One of the two that run ends every five seconds.
        assertThat(queue.newPlace("d1").orElseThrow().startsIn()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void itIsFullWhenSoManyWaitOrWerePromisedAPlace() {
        add("a1", "b1", "c1");
        started();
        assertThat(queue.promise("d1", "d", MODEL, null)).isEmpty();
        assertThat(queue.promise("e1", "e", MODEL, null)).contains(Problem.QUEUE_FULL);
        queue.forgo("d1");
        assertThat(queue.promise("e1", "e", MODEL, null)).isEmpty();
    }

    @Test
    void aUserHasOnlyItsShareOfPromisedWaitingAndRunningAnswers() {
        queue = queue(1, 9, 3);
        add("a1", "a2");
        started();
        assertThat(queue.promise("a3", "a", MODEL, null)).isEmpty();
        assertThat(queue.promise("a4", "a", MODEL, null)).contains(Problem.RATE_LIMITED);
        assertThat(queue.promise("b1", "b", MODEL, null)).isEmpty();
        queue.add(ticket("a3"));
        assertThat(queue.promise("a4", "a", MODEL, null)).contains(Problem.RATE_LIMITED);
    }

    @Test
    void aShareIsFreeAgainWhenItsAnswerEndsOrIsTakenOut() {
        add("a1", "a2", "a3");
        started();
        queue.ended("a1");
        assertThat(queue.promise("a4", "a", MODEL, null)).isEmpty();
        queue.remove("a2", 1);
        assertThat(queue.promise("a5", "a", MODEL, null)).isEmpty();
        assertThat(queue.promise("a6", "a", MODEL, null)).contains(Problem.RATE_LIMITED);
    }

    @Test
    void aPromiseOfWhichNothingComesIsTakenBack() {
        IntStream.rangeClosed(1, 3).forEach(i -> assertThat(queue.promise("a" + i, "a", MODEL, null)).isEmpty());
        clock.advanceTimeBy(Duration.ofSeconds(59));
        queue.tidy();
        assertThat(queue.promise("a4", "a", MODEL, null)).contains(Problem.RATE_LIMITED);
        clock.advanceTimeBy(Duration.ofSeconds(1));
        queue.tidy();
        assertThat(queue.promise("a4", "a", MODEL, null)).isEmpty();
    }

    @Test
    void whatWasPromisedBeforeARestartIsTakenHoweverMuchThereIs() {
        IntStream.rangeClosed(1, 9).forEach(i -> add("a" + i));
        assertThat(queue.waiting()).isEqualTo(9);
        assertThat(allInTurn()).hasSize(9);
        assertThat(queue.promise("a10", "a", MODEL, null)).isEmpty();
    }

    @Test
    void theSameAnswerIsTakenOnce() {
        add("a1", "a1");
        assertThat(started()).containsExactly("a1");
        add("a1");
        queue.ended("a1");
        queue.ended("a1");
        assertThat(started()).isEmpty();
        assertThat(queue.running()).isZero();
    }

    @Test
    void startsAreSharedAmongTheClassesByWeight() {
        queue = queue(1, 999, 3);
        for (int i = 0; i < 30; i++) {
            add(AnswerClass.BATCH, "batch" + i);
            add(AnswerClass.INTERACTIVE, "interactive" + i);
            add(AnswerClass.OPERATOR, "operator" + i);
        }
        List<String> first = allInTurn().subList(0, 26);
        assertThat(first.stream().filter(id -> id.startsWith("operator"))).hasSize(16);
        assertThat(first.stream().filter(id -> id.startsWith("interactive"))).hasSize(8);
        assertThat(first.stream().filter(id -> id.startsWith("batch"))).hasSize(2);
    }

    @Test
    void aClassSavesNothingUpWhileNobodyOfItWaits() {
        queue = queue(1, 999, 3);
        for (int i = 0; i < 50; i++) {
            add(AnswerClass.INTERACTIVE, "interactive" + i);
        }
        for (int i = 0; i < 25; i++) {
            started().forEach(queue::ended);
        }
        for (int i = 0; i < 8; i++) {
            add(AnswerClass.BATCH, "batch" + i);
        }
        assertThat(allInTurn().subList(0, 10).stream().filter(id -> id.startsWith("batch"))).hasSizeBetween(1, 3);
    }

    @Test
    void whatNobodyWaitsForIsAsUrgentAsTheRestWhenItHasWaitedForLong() {
        queue = queue(1, 999, 3);
        IntStream.rangeClosed(1, 4).forEach(i -> add(AnswerClass.BATCH, "batch" + i));
        clock.advanceTimeBy(PATIENCE);
        queue.tidy();
        IntStream.rangeClosed(1, 4).forEach(i -> add(AnswerClass.INTERACTIVE, "interactive" + i));
        assertThat(queue.position("batch4")).isEqualTo(4);
        assertThat(allInTurn()).containsExactly("batch1", "batch2", "batch3", "batch4", "interactive1", "interactive2",
                "interactive3", "interactive4");
    }

    @Test
    void onlyItsOwnDialogCanTakeAnAnswerOut() {
        add("a1");
        assertThat(queue.remove("a1", 99)).isEmpty();
        assertThat(queue.remove("a1", 1)).isPresent();
        assertThat(queue.waiting()).isZero();
    }

    @Test
    void aTakeoverTakesOutWhatWaitsFromBeforeIt() {
        add("a1", "b1");
        queue.add(new AnswerTicket("later", 1, 1, 1, MODEL, "c", AnswerClass.INTERACTIVE, NOW));
        queue.add(new AnswerTicket("elsewhere", 2, 1, 0, MODEL, "d", AnswerClass.INTERACTIVE, NOW));
        assertThat(queue.removeOutdated(1, 1)).hasSize(2);
        queue.release("later");
        queue.release("elsewhere");
        assertThat(allInTurn()).containsExactly("later", "elsewhere");
    }

    private void add(String... requestIds) {
        for (String id : requestIds) {
            add(AnswerClass.INTERACTIVE, id);
        }
    }

    private void add(AnswerClass answerClass, String id) {
        // A class has users of its own here, so that each answer is somebody's first.
        String user = answerClass == AnswerClass.INTERACTIVE && id.length() < 4 ? user(id) : id;
        queue.add(new AnswerTicket(id, 1, 1, 0, MODEL, user, answerClass, NOW));
        queue.release(id);
    }

    private static AnswerTicket ticket(String requestId) {
        return new AnswerTicket(requestId, 1, 1, 0, MODEL, user(requestId), AnswerClass.INTERACTIVE, NOW);
    }

    private static String user(String requestId) {
        return requestId.substring(0, 1);
    }

    private List<String> started() {
        List<String> all = new ArrayList<>();
        for (Optional<AnswerQueue.Start> next = queue.next(); next.isPresent(); next = queue.next()) {
            all.add(next.get().ticket().requestId());
        }
        return all;
    }

    /** Lets each that starts end at once. */
    private List<String> allInTurn() {
        List<String> all = new ArrayList<>();
        for (List<String> now = started(); !now.isEmpty(); now = started()) {
            all.addAll(now);
            now.forEach(queue::ended);
        }
        return all;
    }

    private List<String> places() {
        clock.advanceTimeBy(Duration.ofSeconds(1));
        return queue.newPlaces().stream().map(place -> place.ticket().requestId() + "=" + place.position()).toList();
    }
}
