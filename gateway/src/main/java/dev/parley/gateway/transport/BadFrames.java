package dev.parley.gateway.transport;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;

/** Counts the bad frames of one client: so many within a minute, and it is no client of ours. Used by one thread at a time. */
final class BadFrames {

    private static final int TOLERATED = 20;
    private static final Duration WITHIN = Duration.ofMinutes(1);

    private final ArrayDeque<Instant> times = new ArrayDeque<>(0);

    /** Counts one, and says whether it was one too many. */
    boolean add(Instant now) {
        times.addLast(now);
        while (times.getFirst().isBefore(now.minus(WITHIN))) {
            times.removeFirst();
        }
        return times.size() >= TOLERATED;
    }
}
