package dev.parley.gateway.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a model on a server stands: it is cold until somebody wants it, loading until it is warm or its load has failed, and
 * warm until the server drops it. Times are in nanoseconds of one clock. Guarded by its {@link Backend}.
 */
final class ModelLife {

    /** A model that is about to be dropped is taken for cold, for the request might come too late. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    /** After a load has failed, and doubled with each further failure. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final int MOST_DOUBLINGS = 5;

    /** A model that the server says it does not have may be pulled at any time, but not often. */
    private static final Duration PAUSE_WHERE_MISSING = Duration.ofSeconds(30);

    /** What the model is. */
    enum State {
        COLD, LOADING, WARM, FAILED
    }

    private State state = State.COLD;
    private long until;
    private long warmSince;
    private int failures;
    private boolean missing;

    State state(long now) {
        boolean over = (state == State.WARM || state == State.FAILED) && now - until >= 0;
        return over ? State.COLD : state;
    }

    /** Whether the server has said that it has no such model, and it is too early to ask again. */
    boolean isMissing(long now) {
        return missing && state(now) == State.FAILED;
    }

    void load() {
        state = State.LOADING;
    }

    /** The model is loaded, or has just been used. */
    void warm(long now, @Nullable Duration keptFor) {
        state = State.WARM;
        warmSince = now;
        keep(now, keptFor);
        failures = 0;
        missing = false;
    }

    /** The time of the last load or answer. */
    long warmSince() {
        return warmSince;
    }

    /** It is loaded still, and will be for so long; for ever where that is absent. */
    void keep(long now, @Nullable Duration keptFor) {
        until = keptFor == null ? now + Long.MAX_VALUE / 2 : now + keptFor.minus(MARGIN).toNanos();
    }

    void cold() {
        if (state == State.WARM) {
            state = State.COLD;
        }
    }

    void failed(long now, boolean modelIsMissing) {
        state = State.FAILED;
        missing = modelIsMissing;
        Duration pause = missing
                ? PAUSE_WHERE_MISSING
                : FIRST_PAUSE.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
        failures++;
        until = now + pause.toNanos();
    }
}
