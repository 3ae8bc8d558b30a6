package dev.parley.gateway.model;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** How one answer has fared so far: which servers have failed it and how often. One try at a time, so not thread-safe. */
public final class Tries {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final double JITTER = 0.5;

    private final Set<String> failedAt = new HashSet<>();
    private int failures;
    private boolean spoke;

    /** Its first word is out: there is no further try. */
    void spoke() {
        spoke = true;
    }

    void failedAt(Backend backend) {
        failures++;
        failedAt.add(backend.url());
    }

    boolean hasFailedAt(Backend backend) {
        return failedAt.contains(backend.url());
    }

    /** Whether it may be tried again. */
    boolean mayTryAgain(int retries) {
        return !spoke && failures <= retries;
    }

    /** How long to wait before the next try: doubles each time, and spread, for those who failed together. */
    Duration pause() {
        double spread = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        long pause = Math.min(FIRST_PAUSE.toMillis() << Math.max(0, failures - 1), LONGEST_PAUSE.toMillis());
        return Duration.ofMillis((long) (pause * spread));
    }
}
