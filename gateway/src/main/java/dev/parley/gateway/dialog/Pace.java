package dev.parley.gateway.dialog;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/**
 * How soon a batch may begin after the one before it: at once while things come one by one, a little later in a crowd. Used by
 * one thread at a time.
 */
final class Pace {

    /** In steps. Long enough that a gap in a stream of items is no end of the crowd. */
    private static final int CROWD_LASTS = 8;

    private final long step;
    private final Scheduler clock;
    private long crowdUntil;
    private long nextBegins;

    /** @param step from the beginning of a batch to that of the next, in a crowd */
    Pace(Duration step, Scheduler clock) {
        this.step = step.toNanos();
        this.clock = clock;
        this.crowdUntil = now();
        this.nextBegins = crowdUntil;
    }

    /** Something came while something else was waiting or being written. */
    void crowded() {
        crowdUntil = now() + CROWD_LASTS * step;
    }

    /** A batch begins. */
    void begins() {
        nextBegins = now() + step;
    }

    /** In how many nanoseconds the next batch may begin; not above zero: now. */
    long untilNext() {
        long now = now();
        return crowdUntil - now > 0 ? nextBegins - now : 0;
    }

    private long now() {
        return clock.now(TimeUnit.NANOSECONDS);
    }
}
