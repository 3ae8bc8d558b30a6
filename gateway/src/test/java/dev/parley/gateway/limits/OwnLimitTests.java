package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class OwnLimitTests {

    private final RateLimits limits = new RateLimits(new SimpleMeterRegistry(), () -> 0);
    private final OwnLimit tenASecond = limits.ofOwners("frames", Rate.perMinute(600));
    private final OwnLimit.Bucket bucket = tenASecond.newBucket();
    private long now = System.currentTimeMillis();

    @Test
    void afterTheFirstBurstThereIsRoomAtTheRate() {
        assertThat(taken(600)).isEqualTo(600);
        for (int i = 0; i < 1000; i++) {
            now += 100;
            assertThat(bucket.take(1, now)).isZero();
        }
        assertThat(bucket.take(1, now)).isPositive();
    }

    @Test
    void aPauseFillsTheBucketAndNeverMore() {
        taken(600);
        now += 30_000;
        assertThat(taken(300)).isEqualTo(300);
        now += 3_600_000;
        assertThat(taken(600)).isEqualTo(600);
        assertThat(bucket.take(1, now)).isPositive();
    }

    @Test
    void whoGoesOnRegardlessHasToWaitEverLonger() {
        taken(600);
        for (int i = 1; i <= 50; i++) {
            assertThat(bucket.take(1, now)).isEqualTo(100L * (i + 1));
            assertThat(bucket.refusalsInARow()).isEqualTo(i);
        }
    }

    @Test
    void whoAsksJustTooOftenIsRefusedMoreAndMoreOften() {
        int refused = 0;
        for (int i = 0; i < 20_000 && bucket.refusalsInARow() < 100; i++) {
            now += 90;
            refused += bucket.take(1, now) > 0 ? 1 : 0;
        }
        assertThat(bucket.refusalsInARow()).isEqualTo(100);
        assertThat(refused).isLessThan(300);
    }

    @Test
    void whatCostsMoreTakesMore() {
        for (int i = 0; i < 150; i++) {
            assertThat(bucket.take(4, now)).isZero();
        }
        assertThat(bucket.take(4, now)).isEqualTo(800);
        now += 500;
        assertThat(bucket.take(1, now)).as("there is room for one, though not for four").isZero();
    }

    /** Not a millisecond too late or too early. */
    @Property
    void whoWaitsAsItWasToldFindsRoom(@ForAll @IntRange(min = 1, max = 5000) int count,
            @ForAll @IntRange(min = 1, max = 4) int cost, @ForAll @IntRange(min = 1, max = 50) int refusals) {
        OwnLimit limit = limits.ofOwners("frames", Rate.perMinute(Math.max(count, cost)));
        OwnLimit.Bucket patient = limit.newBucket();
        OwnLimit.Bucket impatient = limit.newBucket();
        long wait = 0;
        while (patient.refusalsInARow() < refusals) {
            wait = patient.take(cost, now);
            impatient.take(cost, now);
        }
        assertThat(impatient.take(cost, now + wait - 1)).isPositive();
        assertThat(patient.take(cost, now + wait)).isZero();
        assertThat(patient.refusalsInARow()).isZero();
    }

    @Test
    void aClockThatGoesBackLocksNobodyOut() {
        taken(600);
        now -= 3_600_000;
        assertThat(bucket.take(1, now)).isEqualTo(200);
        now += 200;
        assertThat(bucket.take(1, now)).isZero();
    }

    @Test
    void everybodyHasABucketOfTheirOwnAndAllRefusalsAreCounted() {
        taken(605);
        assertThat(tenASecond.newBucket().take(1, now)).isZero();
        assertThat(limits.refused()).isEqualTo(Map.of("frames", 5L));
    }

    @Test
    void zeroIsNoLimit() {
        OwnLimit.Bucket endless = limits.ofOwners("frames", Rate.perMinute(0)).newBucket();
        for (int i = 0; i < 100_000; i++) {
            assertThat(endless.take(4, now)).isZero();
        }
    }

    private int taken(int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += bucket.take(1, now) == 0 ? 1 : 0;
        }
        return taken;
    }
}
