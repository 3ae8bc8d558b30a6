package dev.parley.gateway.presence;

import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * How far somebody has come in a dialog, and when they made their last steps. A mark covers every message up to its seq and
 * only moves forward. It is immutable.
 *
 * <p>Of the last twenty steps the times are kept, so that a message can say when it was read, for about as far back as one
 * page of the history goes. A message that an older step covered was read, too, but nobody knows any more when.
 */
final class Mark {

    /** Where everybody begins. */
    static final Mark NONE = new Mark(new long[]{0});

    private static final int STEPS = 20;

    /** The seq up to which no times are known; then for each step its seq and its time (epoch milliseconds). */
    private final long[] steps;

    private Mark(long[] steps) {
        this.steps = steps;
    }

    /** Reads {@link #text()}, or an array of the same numbers. */
    static Mark of(Long... numbers) {
        return new Mark(Arrays.stream(numbers).mapToLong(Long::longValue).toArray());
    }

    long seq() {
        return steps.length == 1 ? steps[0] : steps[steps.length - 2];
    }

    /** When it last moved, where that is known. */
    @Nullable
    Instant at() {
        return steps.length == 1 ? null : Instant.ofEpochMilli(steps[steps.length - 1]);
    }

    /** Further on, or this one where it has come as far already. */
    Mark moveTo(long seq, Instant at) {
        if (seq <= seq()) {
            return this;
        }
        boolean full = steps.length > 2 * STEPS;
        int from = full ? 2 : 0;
        long[] more = Arrays.copyOfRange(steps, from, steps.length + 2);
        more[0] = full ? steps[1] : steps[0];
        more[more.length - 2] = seq;
        more[more.length - 1] = at.toEpochMilli();
        return new Mark(more);
    }

    /** The one of the two that has come further. */
    Mark orFurther(Mark other) {
        return other.seq() > seq() ? other : this;
    }

    boolean covers(long seq) {
        return seq <= seq();
    }

    /** When it came to cover the message, where that is known. */
    @Nullable
    Instant coveredAt(long seq) {
        if (seq <= steps[0]) {
            return null;
        }
        for (int i = 1; i < steps.length; i += 2) {
            if (steps[i] >= seq) {
                return Instant.ofEpochMilli(steps[i + 1]);
            }
        }
        return null;
    }

    /** Its numbers, with a space between them. */
    String text() {
        return LongStream.of(steps).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }
}
