package dev.parley.gateway.transport;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long things took, without keeping each: a count for each of some 600 classes, of which each is at most a sixteenth
 * longer than the one before. 5 KB, however many are recorded; from a microsecond to fifty days. Safe for all threads, and
 * nobody waits.
 */
final class Durations {

    private static final int STEPS = 16;
    private static final int STEP_BITS = 4;
    private static final int MAX_BITS = 42;
    private static final long LONGEST = (1L << MAX_BITS) - 1;

    private final AtomicLongArray counts = new AtomicLongArray((MAX_BITS - STEP_BITS + 1) * STEPS);
    private final AtomicLong longest = new AtomicLong();

    void record(Duration duration) {
        long micros = Math.clamp(duration.toNanos() / 1000, 0, LONGEST);
        counts.incrementAndGet(index(micros));
        if (micros > longest.get()) {
            longest.accumulateAndGet(micros, Math::max);
        }
    }

    /** What was recorded, to be added to what was recorded elsewhere: the classes that are not empty. */
    record Counts(Map<Integer, Long> classes, long longest) {}

    Counts counts() {
        Map<Integer, Long> classes = new HashMap<>();
        for (int i = 0; i < counts.length(); i++) {
            long count = counts.get(i);
            if (count > 0) {
                classes.put(i, count);
            }
        }
        return new Counts(classes, longest.get());
    }

    void add(Counts more) {
        more.classes().forEach((index, count) -> {
            if (index >= 0 && index < counts.length()) {
                counts.addAndGet(index, count);
            }
        });
        longest.accumulateAndGet(more.longest(), Math::max);
    }

    /** As fine as the sixteenth part of its highest bit. */
    private static int index(long micros) {
        int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(micros) - STEP_BITS - 1);
        return shift * STEPS + (int) (micros >>> shift);
    }

    /** The longest of a class. */
    private static long upperEnd(int index) {
        int shift = Math.max(0, index / STEPS - 1);
        return ((index - (long) shift * STEPS + 1) << shift) - 1;
    }

    /** What this part of all took at most, such as 0.95; zero where there were none. At most a sixteenth too long. */
    Duration quantile(double part) {
        long all = 0;
        for (int i = 0; i < counts.length(); i++) {
            all += counts.get(i);
        }
        long rank = (long) Math.ceil(part * all);
        for (int i = 0; i < counts.length() && rank > 0; i++) {
            rank -= counts.get(i);
            if (rank <= 0) {
                return duration(Math.min(upperEnd(i), longest.get()));
            }
        }
        return max();
    }

    Duration max() {
        return duration(longest.get());
    }

    private static Duration duration(long micros) {
        return Duration.ofNanos(micros * 1000);
    }
}
