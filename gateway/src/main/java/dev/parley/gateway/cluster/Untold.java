package dev.parley.gateway.cluster;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether there is something that this node could not tell the others, who have to look for it in the log then. They are told so
 * as soon as anything can be told again; but no more than once a second, since while Redis is merely slow many things go wrong
 * and many do not. Safe for all threads.
 */
final class Untold {

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Runnable tellOthers;
    private volatile boolean something;
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - PAUSE.toNanos());

    Untold(Runnable tellOthers) {
        this.tellOthers = tellOthers;
    }

    void failed() {
        something = true;
    }

    /** The others can be told: so they are, where there is something. */
    void canTell() {
        if (something) {
            long now = System.nanoTime();
            long before = toldAt.get();
            if (now - before >= PAUSE.toNanos() && toldAt.compareAndSet(before, now)) {
                tellNow();
            }
        }
    }

    void tellNow() {
        something = false; // before, for it may fail
        tellOthers.run();
    }
}
