package dev.parley.gateway.limits;

import io.micrometer.core.instrument.Counter;
import java.util.concurrent.TimeUnit;

/**
 * A limit whose every owner holds its bucket itself, for what is done too often to look a bucket up: nothing is allocated,
 * and the time is given. Made by {@link RateLimits}.
 */
public final class OwnLimit {

    private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

    private final long interval;
    private final long brim;
    private final Counter refused;

    OwnLimit(Rate rate, Counter refused) {
        this.interval = rate.isUnlimited() ? 0 : rate.interval();
        this.brim = interval * rate.count();
        this.refused = refused;
    }

    public Bucket newBucket() {
        return new Bucket();
    }

    /** What one owner may still do. Used by one thread at a time. */
    public final class Bucket {

        /** In nanoseconds, until it is full again. */
        private long missing;
        private long lookedAt;
        private int refusals;

        private Bucket() {}

        /**
         * Counts so many more, also where there is no room for them: whoever goes on regardless has to wait ever longer.
         *
         * @param now in milliseconds; where the clock goes back, the bucket only fills later
         * @return 0 where there was room, else after how many milliseconds there will be room for as many
         */
        public long take(int count, long now) {
            long passed = Math.clamp(now - lookedAt, 0, missing / MILLISECOND + 1) * MILLISECOND;
            long wanted = interval * count;
            lookedAt = now;
            missing = Math.max(0, missing - passed) + wanted;
            if (missing <= brim) {
                refusals = 0;
                return 0;
            }
            refusals++;
            refused.increment();
            return Math.ceilDiv(missing + wanted - brim, MILLISECOND);
        }

        /** How often in a row there was no room. */
        public int refusalsInARow() {
            return refusals;
        }
    }
}
