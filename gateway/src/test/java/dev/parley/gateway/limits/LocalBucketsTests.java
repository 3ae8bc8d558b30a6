package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LocalBucketsTests {

    private static final Rate TEN_A_MINUTE = Rate.perMinute(10);

    private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(30); // it runs over, as System.nanoTime may
    private final LocalBuckets buckets = new LocalBuckets(() -> now);

    @Test
    void afterTheFirstBurstThereIsOneMoreEverySixSeconds() {
        assertThat(taken("home", 100)).isEqualTo(10);
        for (int i = 0; i < 20; i++) {
            assertThat(take("home")).isEqualTo(Duration.ofSeconds(6));
            pass(Duration.ofMillis(5999));
            assertThat(take("home")).isEqualTo(Duration.ofMillis(1));
            pass(Duration.ofMillis(1));
            assertThat(take("home")).isZero();
        }
    }

    @Test
    void whoTriesAllTheTimeGetsTheRateAndNotOneMoreInAnHour() {
        int taken = 0;
        for (int i = 0; i <= 36_000; i++) {
            taken += taken("home", 1);
            pass(Duration.ofMillis(100));
        }
        assertThat(taken).isEqualTo(10 + 600);
    }

    @Test
    void aPauseFillsTheBucketAndNeverMore() {
        taken("home", 10);
        pass(Duration.ofSeconds(30));
        assertThat(taken("home", 100)).isEqualTo(5);
        pass(Duration.ofHours(5));
        assertThat(taken("home", 100)).isEqualTo(10);
    }

    @Test
    void whatIsRefusedPutsNothingOff() {
        taken("home", 10);
        for (int i = 0; i < 5; i++) {
            assertThat(taken("home", 1000)).isZero();
            pass(Duration.ofSeconds(1));
        }
        pass(Duration.ofSeconds(1));
        assertThat(taken("home", 1)).isOne();
    }

    @Test
    void othersAreNotTouched() {
        assertThat(taken("flood", 1000)).isEqualTo(10);
        assertThat(taken("home", 1000)).isEqualTo(10);
    }

    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        taken("home", 10);
        buckets.giveBack("home", TEN_A_MINUTE).block();
        buckets.giveBack("home", TEN_A_MINUTE).block();
        assertThat(taken("home", 10)).isEqualTo(2);
    }

    @Test
    void givingBackFillsNoBucketBeyondItsBrim() {
        taken("home", 1);
        for (int i = 0; i < 20; i++) {
            buckets.giveBack("home", TEN_A_MINUTE).block();
        }
        assertThat(buckets.size()).isZero();
        assertThat(taken("home", 100)).isEqualTo(10);
    }

    @Test
    void aBucketThatIsFullAgainIsForgotten() {
        taken("one", 1);
        taken("home", 10);
        assertThat(buckets.size()).isEqualTo(2);
        pass(Duration.ofSeconds(30));
        assertThat(buckets.size()).isOne();
        pass(Duration.ofSeconds(40));
        assertThat(buckets.size()).isZero();
    }

    @Test
    void aFloodFromManyAddressesTakesNoMoreMemoryThanItMay() {
        for (int i = 0; i < 3 * LocalBuckets.MAX_BUCKETS; i++) {
            buckets.takeNow("address" + i, TEN_A_MINUTE);
        }
        assertThat(buckets.size()).isLessThanOrEqualTo(LocalBuckets.MAX_BUCKETS);
    }

    @Test
    void manyAtOnceGetNoMoreThanOne() throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(threads.submit(() -> {
                    start.await();
                    return taken("home", 500);
                }));
            }
            start.countDown();
            int taken = 0;
            for (Future<Integer> one : all) {
                taken += one.get(30, TimeUnit.SECONDS);
            }
            assertThat(taken).isEqualTo(10);
        }
    }

    /** Whenever they come: between any two moments there are at most the burst and what the time between them gives. */
    @Property
    void noStretchOfTimeHasMoreThanItsShare(@ForAll @IntRange(min = 1, max = 90) int count,
            @ForAll @IntRange(min = 1, max = 120) int seconds,
            @ForAll @Size(min = 1, max = 150) List<@IntRange(max = 5000) Integer> pauses) {
        Rate rate = new Rate(count, Duration.ofSeconds(seconds));
        LocalBuckets fresh = new LocalBuckets(() -> now);
        List<Long> taken = new ArrayList<>();
        for (int pause : pauses) {
            pass(Duration.ofMillis(pause));
            while (fresh.takeNow("home", rate).isZero()) {
                taken.add(now);
            }
        }
        for (int from = 0; from < taken.size(); from++) {
            for (int to = from; to < taken.size(); to++) {
                double passed = (taken.get(to) - taken.get(from)) / 1e9;
                assertThat((double) (to - from + 1)).isLessThanOrEqualTo(count + passed * count / seconds + 1e-6);
            }
        }
    }

    /** Not a millisecond too late or too early. */
    @Property
    void whoIsRefusedLearnsWhenToComeBack(@ForAll @IntRange(min = 1, max = 90) int count,
            @ForAll @IntRange(min = 1, max = 3600) int seconds, @ForAll @IntRange(max = 100_000) int pause) {
        Rate rate = new Rate(count, Duration.ofSeconds(seconds));
        LocalBuckets fresh = new LocalBuckets(() -> now);
        while (fresh.takeNow("home", rate).isZero()) {
            pass(Duration.ofNanos(1));
        }
        pass(Duration.ofNanos(pause * 1000L));
        Duration wait = fresh.takeNow("home", rate);
        if (wait.isZero()) {
            return; // the pause was long enough
        }
        pass(wait.minusMillis(1));
        assertThat(fresh.takeNow("home", rate)).isEqualTo(Duration.ofMillis(1));
        pass(Duration.ofMillis(1));
        assertThat(fresh.takeNow("home", rate)).isZero();
    }

    private Duration take(String bucket) {
        return buckets.takeNow(bucket, TEN_A_MINUTE);
    }

    private int taken(String bucket, int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += take(bucket).isZero() ? 1 : 0;
        }
        return taken;
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
