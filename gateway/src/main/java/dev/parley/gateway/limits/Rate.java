package dev.parley.gateway.limits;

import java.time.Duration;

/**
 * How often something may be done: {@code count} times at once, and in the long run so many times in each {@code period}.
 *
 * @param count 0: as often as one likes
 */
public record Rate(int count, Duration period) {

    public Rate {
        if (count < 0 || period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("No rate: " + count + " in " + period);
        }
    }

    public static Rate perMinute(int count) {
        return new Rate(count, Duration.ofMinutes(1));
    }

    /** Whether it is none at all. */
    public boolean isUnlimited() {
        return count == 0;
    }

    /**
     * After so many nanoseconds there is one more. Rounded up, so that there is never one too many. Not for those that are
     * unlimited.
     */
    public long interval() {
        return Math.ceilDiv(period.toNanos(), count);
    }
}
