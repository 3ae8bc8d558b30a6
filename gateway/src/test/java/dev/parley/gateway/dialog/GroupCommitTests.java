package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class GroupCommitTests {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration GATHERING = Duration.ofMillis(2);

    /** Writes when the test says so. */
    private final List<Batch> written = new ArrayList<>();
    private final List<String> announced = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final GroupCommit<String, String, String> commits = commits(2, 3, 5, 100);

    private record Batch(List<String> items, Sinks.One<List<String>> result) {

        void succeeds() {
            result.tryEmitValue(items.stream().map(item -> item + " stored").toList()).orThrow();
        }

        void fails(Throwable error) {
            result.tryEmitError(error).orThrow();
        }
    }

    private GroupCommit<String, String, String> commits(int lanes, int batch, int pendingPerKey, int pending) {
        return commits(new GroupCommit.Limits(lanes, batch, pendingPerKey, pending, Duration.ZERO, PATIENCE));
    }

    private GroupCommit<String, String, String> commits(GroupCommit.Limits limits) {
        Predicate<Throwable> away = IOException.class::isInstance;
        return new GroupCommit<>(limits, items -> {
            Sinks.One<List<String>> result = Sinks.one();
            written.add(new Batch(items, result));
            return result.asMono();
        }, (result, tell) -> {
            announced.add(result);
            tell.run();
        }, away, TimeoutException.class::isInstance, clock);
    }

    /** Two lanes, three items a batch, as {@link #commits}, but what comes in a busy time gathers. */
    private GroupCommit<String, String, String> gathering() {
        return commits(new GroupCommit.Limits(2, 3, 5, 100, GATHERING, PATIENCE));
    }

    private void submit(String key, String item) {
        submit(commits, key, item);
    }

    private void submit(GroupCommit<String, String, String> commits, String key, String item) {
        commits.submit(key, item).subscribe(told::add, error -> told.add(item + " failed: " + error.getMessage()));
    }

    @Test
    void aLoneItemIsWrittenAtOnce() {
        submit("a", "a1");
        assertThat(written).extracting(Batch::items).containsExactly(List.of("a1"));
    }

    @Test
    void whatComesWhileAllLanesAreBusyIsWrittenTogether() {
        for (String key : List.of("a", "b", "c", "d", "e", "f")) {
            submit(key, key + "1");
        }
        assertThat(written).extracting(Batch::items).containsExactly(List.of("a1"), List.of("b1"));
        written.getFirst().succeeds();
        assertThat(written).extracting(Batch::items).element(2).isEqualTo(List.of("c1", "d1", "e1"));
        written.get(1).succeeds();
        assertThat(written).extracting(Batch::items).element(3).isEqualTo(List.of("f1"));
    }

    @Test
    void whatComesWhileSomethingIsBeingWrittenGathersForAMoment() {
        GroupCommit<String, String, String> busy = gathering();
        submit(busy, "a", "a1");
        submit(busy, "b", "b1");
        clock.advanceTimeBy(Duration.ofMillis(1));
        submit(busy, "c", "c1");
        written.getFirst().succeeds();
        assertThat(written).as("what gathers goes on to do so").hasSize(1);
        clock.advanceTimeBy(Duration.ofMillis(1));
        assertThat(written).extracting(Batch::items).containsExactly(List.of("a1"), List.of("b1", "c1"));
    }

    @Test
    void aFullBatchGathersNoLonger() {
        GroupCommit<String, String, String> busy = gathering();
        submit(busy, "a", "a1");
        for (String key : List.of("b", "c", "d", "e")) {
            submit(busy, key, key + "1");
        }
        assertThat(written).extracting(Batch::items).containsExactly(List.of("a1"), List.of("b1", "c1", "d1"));
        clock.advanceTimeBy(GATHERING);
        assertThat(written).as("both lanes are taken").hasSize(2);
        written.getFirst().succeeds();
        assertThat(written).extracting(Batch::items).element(2).isEqualTo(List.of("e1"));
    }

    @Test
    void whoeverSaysOneThingAfterTheOtherIsNotHeldUp() {
        GroupCommit<String, String, String> idle = gathering();
        idle.submit("a", "a1").flatMap(stored -> idle.submit("a", "a2")).subscribe(told::add);
        written.getFirst().succeeds();
        assertThat(written).hasSize(2);
        written.getLast().succeeds();
        assertThat(told).containsExactly("a2 stored");
        submit(idle, "b", "b1");
        assertThat(written).hasSize(3);
    }

    @Test
    void inACrowdBatchesBeginALittleAfterEachOther() {
        GroupCommit<String, String, String> busy = gathering();
        submit(busy, "a", "a1");
        submit(busy, "b", "b1");
        clock.advanceTimeBy(GATHERING);
        written.getFirst().succeeds();
        written.getLast().succeeds();
        submit(busy, "c", "c1");
        assertThat(written).as("the crowd goes on, although nothing is being written").hasSize(2);
        clock.advanceTimeBy(GATHERING);
        assertThat(written).extracting(Batch::items).element(2).isEqualTo(List.of("c1"));
        written.getLast().succeeds();
        clock.advanceTimeBy(GATHERING);
        submit(busy, "d", "d1");
        assertThat(written).as("the last batch began long enough ago").hasSize(4);
    }

    @Test
    void aCrowdThatHasGoneHoldsUpNobody() {
        GroupCommit<String, String, String> quiet = gathering();
        submit(quiet, "a", "a1");
        submit(quiet, "b", "b1");
        clock.advanceTimeBy(GATHERING);
        written.getFirst().succeeds();
        written.getLast().succeeds();
        clock.advanceTimeBy(GATHERING.multipliedBy(8));
        quiet.submit("c", "c1").flatMap(stored -> quiet.submit("c", "c2")).subscribe(told::add);
        written.getLast().succeeds();
        assertThat(written).extracting(Batch::items).endsWith(List.of("c1"), List.of("c2"));
    }

    @Test
    void whatGatheredWhileTheDatabaseWentAwayHoldsUpNobodyLater() {
        GroupCommit<String, String, String> busy = gathering();
        submit(busy, "a", "a1");
        submit(busy, "b", "b1");
        written.getFirst().fails(new IOException("gone"));
        clock.advanceTimeBy(GATHERING);
        assertThat(told).containsExactlyInAnyOrder("a1 failed: gone", "b1 failed: gone");
        submit(busy, "c", "c1");
        assertThat(written).extracting(Batch::items).element(1).isEqualTo(List.of("c1"));
    }

    @Test
    void twoBatchesNeverHoldTheSameKey() {
        submit("a", "a1");
        submit("a", "a2");
        submit("a", "a3");
        assertThat(written).as("a second lane is free, but not for this key").hasSize(1);
        written.getFirst().succeeds();
        assertThat(written).extracting(Batch::items).element(1).isEqualTo(List.of("a2", "a3"));
    }

    @Test
    void aBusyKeyLeavesRoomForOthers() {
        submit("a", "a1");
        submit("b", "b1");
        for (int i = 2; i <= 5; i++) {
            submit("a", "a" + i);
        }
        submit("c", "c1");
        written.getFirst().succeeds();
        assertThat(written).extracting(Batch::items).element(2).as("c came before a was ready again").isEqualTo(
                List.of("c1", "a2", "a3"));
    }

    @Test
    void eachIsAnnouncedBeforeTheNextBatchOfItsKeyBegins() {
        submit("a", "a1");
        submit("a", "a2");
        written.getFirst().succeeds();
        assertThat(announced).containsExactly("a1 stored");
        assertThat(told).containsExactly("a1 stored");
    }

    @Test
    void whoeverStopsWatchingIsWrittenAllTheSame() {
        submit("a", "a1");
        commits.submit("a", "a2").subscribe().dispose();
        written.getFirst().succeeds();
        written.get(1).succeeds();
        assertThat(announced).containsExactly("a1 stored", "a2 stored");
    }

    @Test
    void aBadItemHarmsOnlyItself() {
        submit("x", "x1");
        submit("y", "y1");
        submit("a", "a1");
        submit("b", "bad");
        submit("c", "c1");
        written.getFirst().succeeds();
        written.get(2).fails(new IllegalArgumentException("the row is wrong"));
        written.get(3).succeeds();
        written.get(4).fails(new IllegalArgumentException("the row is wrong"));
        written.get(5).succeeds();
        assertThat(told).containsExactly("x1 stored", "a1 stored", "bad failed: the row is wrong", "c1 stored");
    }

    @Test
    void aKeyThatIsHeldUpHarmsNoOther() {
        GroupCommit<String, String, String> large = commits(1, 5, 5, 100);
        submit(large, "x", "x1");
        for (String item : List.of("a1", "h1", "h2", "b1", "b2")) {
            submit(large, item.substring(0, 1), item);
        }
        submit(large, "c", "c1");
        written.getFirst().succeeds();
        written.get(1).fails(new TimeoutException("held up"));
        written.get(2).succeeds();
        written.get(3).fails(new TimeoutException("held up"));
        written.get(4).succeeds();
        written.get(5).succeeds();
        assertThat(written).extracting(Batch::items).containsExactly(List.of("x1"),
                List.of("a1", "h1", "h2", "b1", "b2"),
                List.of("a1"), List.of("h1", "h2"), List.of("b1", "b2"), List.of("c1"));
        assertThat(told).containsExactly("x1 stored", "a1 stored", "h1 failed: held up", "h2 failed: held up",
                "b1 stored",
                "b2 stored", "c1 stored");
    }

    @Test
    void aBadItemHarmsNoOtherOfItsKey() {
        submit("a", "a1");
        submit("a", "bad");
        submit("a", "a2");
        written.getFirst().succeeds();
        written.get(1).fails(new IllegalArgumentException("the row is wrong"));
        written.get(2).fails(new IllegalArgumentException("the row is wrong"));
        written.get(3).succeeds();
        assertThat(told).containsExactly("a1 stored", "bad failed: the row is wrong", "a2 stored");
    }

    @Test
    void whatNobodyWaitsForAnyLongerIsNotTriedByItself() {
        GroupCommit<String, String, String> large = commits(1, 5, 5, 100);
        submit(large, "x", "x1");
        submit(large, "a", "a1");
        submit(large, "b", "b1");
        written.getFirst().succeeds();
        written.get(1).fails(new TimeoutException("held up"));
        clock.advanceTimeBy(PATIENCE.multipliedBy(2));
        written.get(2).fails(new TimeoutException("held up"));
        assertThat(written).hasSize(3);
        submit(large, "c", "c1");
        assertThat(written).extracting(Batch::items).last().isEqualTo(List.of("c1"));
    }

    @Test
    void whenTheDatabaseIsAwayNobodyWaits() {
        for (String key : List.of("a", "b", "c", "d")) {
            submit(key, key + "1");
        }
        submit("a", "a2");
        written.getFirst().fails(new IOException("gone"));
        assertThat(told).containsExactlyInAnyOrder("a1 failed: gone", "a2 failed: gone", "c1 failed: gone",
                "d1 failed: gone");
        written.get(1).succeeds();
        submit("a", "a3");
        written.getLast().succeeds();
        assertThat(told).as("and it heals by itself").contains("b1 stored", "a3 stored");
    }

    @Test
    void aKeyWithTooManyUnwrittenItemsIsSlowedDown() {
        submit("a", "a1");
        for (int i = 2; i <= 7; i++) {
            submit("a", "a" + i);
        }
        assertThat(told).hasSize(1).first().asString().startsWith("a7 failed: Too many messages");
    }

    @Test
    void tooManyUnwrittenItemsInAllAreRefused() {
        GroupCommit<String, String, String> small = commits(1, 1, 10, 2);
        small.submit("a", "1").subscribe();
        small.submit("b", "2").subscribe();
        List<Throwable> errors = new ArrayList<>();
        small.submit("c", "3").subscribe(told::add, errors::add);
        assertThat(errors).singleElement().isInstanceOfSatisfying(ProblemException.class,
                problem -> assertThat(problem.problem()).isEqualTo(Problem.UNAVAILABLE));
    }

    @Test
    void nobodyWaitsForEverOnAWriterThatIsFrozen() {
        for (String key : List.of("a", "b", "c")) {
            submit(key, key + "1");
        }
        clock.advanceTimeBy(Duration.ofSeconds(6));
        submit("a", "a2");
        clock.advanceTimeBy(Duration.ofSeconds(6));
        String unavailable = " failed: " + Problem.UNAVAILABLE.exception().getMessage();
        assertThat(told).containsExactlyInAnyOrder("a1" + unavailable, "b1" + unavailable, "c1" + unavailable);

        written.getFirst().succeeds();
        assertThat(announced).as("others hear of what was written all the same").containsExactly("a1 stored");
        written.getLast().succeeds();
        assertThat(told).as("what was still in time").hasSize(4).last().isEqualTo("a2 stored");
        assertThat(written).extracting(Batch::items).as("c1 was given up before it was begun")
                .containsExactly(List.of("a1"), List.of("b1"), List.of("a2"));
    }

    @Test
    void anIdleLogHasNoTimer() {
        submit("a", "a1");
        written.getFirst().succeeds();
        clock.advanceTimeBy(PATIENCE);
        long timers = clock.getScheduledTaskCount();
        clock.advanceTimeBy(PATIENCE);
        assertThat(clock.getScheduledTaskCount()).isEqualTo(timers);
    }

    @Test
    void aWriterThatThrowsIsAFailureLikeAnyOther() {
        GroupCommit<String, String, String> broken = new GroupCommit<>(
                new GroupCommit.Limits(1, 1, 10, 10, Duration.ZERO, PATIENCE),
                items -> Mono.error(new IllegalStateException("no")), (result, tell) -> tell.run(), error -> false,
                error -> false, clock);
        List<Throwable> errors = new ArrayList<>();
        broken.submit("a", "1").subscribe(told::add, errors::add);
        broken.submit("a", "2").subscribe(told::add, errors::add);
        assertThat(errors).hasSize(2);
    }
}
