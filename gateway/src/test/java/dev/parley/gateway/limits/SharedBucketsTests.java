package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class SharedBucketsTests {

    private static final Rate THREE_A_DAY = new Rate(3, Duration.ofDays(1));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Common common = new Common();
    private final LocalBuckets local = new LocalBuckets(this::now);
    private final Counter decidedHere = Counter.builder("local").register(new SimpleMeterRegistry());
    private final SharedBuckets buckets = new SharedBuckets(common, local, decidedHere, this::now, time);
    private final List<Duration> decisions = new ArrayList<>();

    /** Buckets that can go away. */
    private final class Common implements Buckets {

        private final LocalBuckets there = new LocalBuckets(SharedBucketsTests.this::now);
        private How how = How.THERE;
        private int asked;

        private enum How {
            THERE, FAILING, FROZEN
        }

        @Override
        public Mono<Duration> take(String bucket, Rate rate) {
            return answer(there.take(bucket, rate));
        }

        @Override
        public Mono<Taken> takeAll(List<Token> tokens) {
            return answer(there.takeAll(tokens));
        }

        @Override
        public Mono<Void> giveBack(String bucket, Rate rate) {
            return answer(there.giveBack(bucket, rate));
        }

        private <T> Mono<T> answer(Mono<T> answer) {
            return Mono.defer(() -> {
                asked++;
                return switch (how) {
                    case THERE -> answer;
                    case FAILING -> Mono.error(new IllegalStateException("away"));
                    case FROZEN -> Mono.never();
                };
            });
        }
    }

    @Test
    void thoseThatAllShareDecideWhileTheyAreThere() {
        assertThat(taken(5)).isEqualTo(3);
        assertThat(local.isFull("ann")).isTrue();
        assertThat(decidedHere.count()).isZero();
        buckets.giveBack("ann", THREE_A_DAY).block();
        assertThat(taken(5)).isOne();
    }

    @Test
    void severalAreTakenTogetherThereOrHere() {
        List<Buckets.Token> both = List.of(new Buckets.Token("home", THREE_A_DAY),
                new Buckets.Token("ann", THREE_A_DAY));
        assertThat(buckets.takeAll(both).block()).isEqualTo(Buckets.Taken.ALL);
        assertThat(common.asked).isOne();
        assertThat(local.isFull("ann")).isTrue();
        common.how = Common.How.FAILING;
        for (int i = 0; i < 3; i++) {
            assertThat(buckets.takeAll(both).block()).isEqualTo(Buckets.Taken.ALL);
        }
        assertThat(buckets.takeAll(both).block()).extracting(Buckets.Taken::refused).isEqualTo(0);
        assertThat(decidedHere.count()).isEqualTo(4);
    }

    @Test
    void whereTheyFailThoseOfThisNodeDecideAtOnce() {
        common.how = Common.How.FAILING;
        assertThat(taken(5)).isEqualTo(3);
        assertThat(common.asked).isOne();
        assertThat(decidedHere.count()).isEqualTo(5);
    }

    @Test
    void whereTheyDoNotAnswerOnlyWhoeverHasAskedAlreadyWaitsAndNotForLong() {
        common.how = Common.How.FROZEN;
        take();
        take();
        time.advanceTimeBy(SharedBuckets.PATIENCE.minusMillis(1));
        assertThat(decisions).isEmpty();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(decisions).hasSize(2);
        take();
        assertThat(decisions).hasSize(3);
        assertThat(common.asked).isEqualTo(2);
    }

    @Test
    void afterAPauseOneTriesForAllAndTheOthersDoNotWait() {
        common.how = Common.How.FROZEN;
        take();
        for (int i = 1; i <= 5; i++) {
            time.advanceTimeBy(SharedBuckets.PATIENCE.plus(SharedBuckets.PAUSE));
            decisions.clear();
            for (int caller = 0; caller < 100; caller++) {
                take();
            }
            assertThat(decisions).hasSize(99);
            assertThat(common.asked).isEqualTo(1 + i);
        }
    }

    @Test
    void whoTriesForAllAndLeavesKeepsNobodyFromTryingAgain() {
        common.how = Common.How.FROZEN;
        take();
        time.advanceTimeBy(SharedBuckets.PATIENCE.plus(SharedBuckets.PAUSE));
        buckets.take("ann", THREE_A_DAY).subscribe().dispose();
        time.advanceTimeBy(SharedBuckets.PAUSE);
        common.how = Common.How.THERE;
        take();
        take();
        assertThat(common.asked).isEqualTo(4);
    }

    @Test
    void thoseThatAllShareDecideAgainWhenTheyAreBack() {
        common.how = Common.How.FAILING;
        assertThat(taken(5)).isEqualTo(3);
        common.how = Common.How.THERE;
        time.advanceTimeBy(SharedBuckets.PAUSE.minusMillis(1));
        assertThat(taken(5)).isZero();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(taken(5)).isEqualTo(3);
        assertThat(decidedHere.count()).isEqualTo(10);
    }

    @Test
    void whatWasTakenHereIsGivenBackHere() {
        taken(1);
        common.how = Common.How.FAILING;
        assertThat(taken(3)).isEqualTo(3);
        common.how = Common.How.THERE;
        time.advanceTimeBy(SharedBuckets.PAUSE);
        for (int i = 0; i < 3; i++) {
            buckets.giveBack("ann", THREE_A_DAY).block();
        }
        assertThat(local.isFull("ann")).isTrue();
        assertThat(taken(5)).isEqualTo(2);
    }

    @Test
    void whatCannotBeGivenBackFailsNobodyAndKeepsNobodyWaiting() {
        taken(1);
        common.how = Common.How.FROZEN;
        List<String> ended = new ArrayList<>();
        buckets.giveBack("ann", THREE_A_DAY).subscribe(_ -> {}, error -> ended.add("failed"), () -> ended.add("done"));
        time.advanceTimeBy(SharedBuckets.PATIENCE);
        buckets.giveBack("ann", THREE_A_DAY).subscribe(_ -> {}, error -> ended.add("failed"), () -> ended.add("done"));
        assertThat(ended).containsExactly("done", "done");
        assertThat(common.asked).isEqualTo(2);
    }

    private void take() {
        buckets.take("ann", THREE_A_DAY).subscribe(decisions::add);
    }

    private int taken(int tries) {
        decisions.clear();
        for (int i = 0; i < tries; i++) {
            take();
        }
        assertThat(decisions).hasSize(tries);
        return (int) decisions.stream().filter(Duration::isZero).count();
    }

    private long now() {
        return time.now(TimeUnit.NANOSECONDS);
    }
}
