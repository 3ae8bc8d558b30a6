package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.limits.Buckets.Taken;
import dev.parley.gateway.limits.Buckets.Token;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What all buckets promise, wherever they are kept. Clocks are real, so what is to stand still is counted by the day. */
public abstract class BucketsContract {

    protected static final Duration TIMEOUT = Duration.ofSeconds(30);
    protected static final Rate TEN_A_DAY = new Rate(10, Duration.ofDays(1));

    private static final Rate TEN_A_SECOND = new Rate(10, Duration.ofSeconds(1));
    private static final int TAKERS = 50;

    /** The same buckets, as each node sees them; one or more. All are full when a test begins. */
    protected abstract List<Buckets> nodes();

    @Test
    void thereAreAsManyAtOnceAsTheRateCounts() {
        assertThat(taken("home", TEN_A_DAY, 30)).isEqualTo(10);
    }

    @Test
    void theOnlyOneCanBeTaken() {
        assertThat(taken("home", new Rate(1, Duration.ofDays(1)), 5)).isOne();
    }

    @Test
    void whoIsRefusedWaitsForOneIntervalAtMost() {
        taken("home", TEN_A_DAY, 10);
        Duration interval = TEN_A_DAY.period().dividedBy(10);
        for (Buckets node : nodes()) {
            assertThat(take(node, "home", TEN_A_DAY)).isBetween(interval.minus(TIMEOUT), interval);
        }
    }

    @Test
    void whoWaitsForSoLongAsItWasToldGetsOne() {
        taken("home", TEN_A_SECOND, 10);
        Buckets node = nodes().getFirst();
        Duration wait = take(node, "home", TEN_A_SECOND);
        assertThat(Mono.delay(wait).then(node.take("home", TEN_A_SECOND)).block(TIMEOUT)).isZero();
    }

    @Test
    void aBucketFillsAgainAndNoFurther() {
        taken("home", TEN_A_SECOND, 10);
        Mono.delay(TEN_A_SECOND.period().multipliedBy(2)).block(TIMEOUT);
        // A full bucket is of any rate: of this one no more comes while it is asked.
        assertThat(taken("home", TEN_A_DAY, 30)).isEqualTo(10);
    }

    @Test
    void whatIsRefusedPutsNothingOff() {
        Rate rate = new Rate(2, Duration.ofSeconds(1));
        Buckets node = nodes().getFirst();
        taken("home", rate, 2);
        Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> take(node, "home", rate).isZero());
    }

    @Test
    void othersAreNotTouched() {
        assertThat(taken("flood", TEN_A_DAY, 100)).isEqualTo(10);
        assertThat(taken("home", TEN_A_DAY, 100)).isEqualTo(10);
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        taken("home", TEN_A_DAY, 10);
        nodes().forEach(node -> giveBack(node, "home", TEN_A_DAY));
        assertThat(taken("home", TEN_A_DAY, 30)).isEqualTo(nodes().size());
    }

    @Test
    void givingBackFillsNoBucketBeyondItsBrim() {
        taken("home", TEN_A_DAY, 1);
        for (int i = 0; i < 20; i++) {
            nodes().forEach(node -> giveBack(node, "home", TEN_A_DAY));
            nodes().forEach(node -> giveBack(node, "never taken from", TEN_A_DAY));
        }
        assertThat(taken("home", TEN_A_DAY, 30)).isEqualTo(10);
        assertThat(taken("never taken from", TEN_A_DAY, 30)).isEqualTo(10);
    }

    @Test
    void nothingIsDoneBeforeSomebodyWaitsForItAndThenOnceForEach() {
        Buckets node = nodes().getFirst();
        Mono<Duration> take = node.take("home", TEN_A_DAY);
        taken("home", TEN_A_DAY, 8);
        Mono<Void> giveBack = node.giveBack("home", TEN_A_DAY);
        assertThat(take.block(TIMEOUT)).isZero();
        assertThat(take.block(TIMEOUT)).isZero();
        assertThat(take.block(TIMEOUT)).isPositive();
        giveBack.block(TIMEOUT);
        assertThat(take.block(TIMEOUT)).isZero();
    }

    @Test
    void severalAreTakenTogetherOrNoneOfThem() {
        Rate two = new Rate(2, Duration.ofDays(1));
        List<Token> both = List.of(new Token("home", TEN_A_DAY), new Token("ann", two));
        for (Buckets node : List.of(nodes().getFirst(), nodes().getLast())) {
            assertThat(node.takeAll(both).block(TIMEOUT)).isEqualTo(Taken.ALL);
        }
        Taken refused = nodes().getFirst().takeAll(both).blockOptional(TIMEOUT).orElseThrow();
        assertThat(refused.refused()).isEqualTo(1);
        assertThat(refused.until()).isBetween(Duration.ofHours(11), Duration.ofHours(12));
        assertThat(nodes().getLast().takeAll(both.reversed()).block(TIMEOUT)).extracting(Taken::refused).isEqualTo(0);
        assertThat(taken("home", TEN_A_DAY, 30)).as("what was left").isEqualTo(8);
        assertThat(nodes().getFirst().takeAll(List.of()).block(TIMEOUT)).isEqualTo(Taken.ALL);
    }

    @Test
    void aGreatRateIsOneToo() {
        Rate rate = Rate.perMinute(600_000_000);
        assertThat(taken("home", rate, 100)).isEqualTo(100);
    }

    /** While no time passes that matters, a bucket is a number that is never negative and never more than its burst. */
    @RepeatedTest(10)
    void whateverIsTakenAndGivenBackTheCountIsRight(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Rate rate = new Rate(1 + random.nextInt(8), Duration.ofDays(1));
        int left = rate.count();
        for (int step = 0; step < 200; step++) {
            Buckets node = nodes().get(random.nextInt(nodes().size()));
            if (random.nextInt(5) < 3) {
                assertThat(take(node, "home", rate).isZero()).as("step %d, %d left", step, left).isEqualTo(left > 0);
                left = Math.max(0, left - 1);
            } else {
                giveBack(node, "home", rate);
                left = Math.min(rate.count(), left + 1);
            }
        }
    }

    @RepeatedTest(5)
    void manyAtOnceOnAllNodesGetNoMoreThanOneWould() {
        assertThat(takenAtOnce("home", TEN_A_DAY, 500).block(TIMEOUT)).isEqualTo(10L);
    }

    /** Whoever fails gives back, and the next one gets it: never more are under way at once than the burst. */
    @Test
    void manyWhoGiveBackLeaveItAsFullAsItWas() {
        Flux.range(0, 500)
                .flatMap(i -> node(i).take("home", TEN_A_DAY)
                        .filter(Duration::isZero)
                        .delayUntil(_ -> node(i + 1).giveBack("home", TEN_A_DAY))
                        .subscribeOn(Schedulers.boundedElastic()), TAKERS)
                .blockLast(TIMEOUT);
        assertThat(taken("home", TEN_A_DAY, 30)).isEqualTo(10);
    }

    /** How many of so many tries, fifty at a time, got one. */
    protected final Mono<Long> takenAtOnce(String bucket, Rate rate, int tries) {
        return Flux.range(0, tries)
                .flatMap(i -> node(i).take(bucket, rate).subscribeOn(Schedulers.boundedElastic()), TAKERS)
                .filter(Duration::isZero)
                .count();
    }

    /** How many of so many tries, one after the other and of each node in turn, got one. */
    protected final int taken(String bucket, Rate rate, int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += take(node(i), bucket, rate).isZero() ? 1 : 0;
        }
        return taken;
    }

    private Buckets node(int i) {
        return nodes().get(i % nodes().size());
    }

    private static Duration take(Buckets node, String bucket, Rate rate) {
        return node.take(bucket, rate).blockOptional(TIMEOUT).orElseThrow();
    }

    private static void giveBack(Buckets node, String bucket, Rate rate) {
        node.giveBack(bucket, rate).block(TIMEOUT);
    }
}
