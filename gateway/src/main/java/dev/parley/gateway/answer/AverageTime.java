package dev.parley.gateway.answer;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long something takes on the average, newer times counting more (an exponentially weighted moving average). */
final class AverageTime {

    private static final double WEIGHT_OF_NEWEST = 0.2;

    private double nanos = -1;

    void add(long newest) {
        nanos = nanos < 0 ? newest : nanos + WEIGHT_OF_NEWEST * (newest - nanos);
    }

    /** Absent as long as nothing was added. */
    @Nullable
    Duration average() {
        return nanos < 0 ? null : Duration.ofNanos((long) nanos);
    }
}
