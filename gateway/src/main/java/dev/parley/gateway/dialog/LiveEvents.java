package dev.parley.gateway.dialog;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

/**
 * The live events that one follower cannot take yet. It is bounded: where too many come, the follower stops listening, and
 * has to join the room anew when it has taken those that are here. Safe for all threads.
 */
final class LiveEvents {

    private static final int MOST = 256;

    private final ArrayDeque<SharedEvent> events = new ArrayDeque<>(0);
    private @Nullable Subscription room;
    private boolean lost;
    private boolean closed;

    /** Hears of everything from now on. */
    void listen(Subscription subscription) {
        boolean late;
        synchronized (this) {
            room = subscription;
            late = closed;
        }
        if (late) {
            subscription.cancel();
        } else {
            subscription.request(Long.MAX_VALUE);
        }
    }

    synchronized void keep(SharedEvent event) {
        if (closed || lost) {
            return;
        }
        if (events.size() < MOST) {
            events.addLast(event);
        } else {
            lost = true;
            stopListening();
        }
    }

    /** It was polled too early, and is to be the next one again. */
    synchronized void putBack(SharedEvent event) {
        if (!closed) {
            events.addFirst(event);
        }
    }

    synchronized @Nullable SharedEvent poll() {
        return events.pollFirst();
    }

    /** Whether nothing is here and nothing was lost, so that the next event may go straight through. */
    synchronized boolean isEmpty() {
        return events.isEmpty() && !lost;
    }

    /** Whether events were lost; asked once, it is known. */
    synchronized boolean takeLoss() {
        boolean was = lost;
        lost = false;
        return was;
    }

    /** Hears nothing more. Returns whether it was still open. */
    synchronized boolean close() {
        if (closed) {
            return false;
        }
        closed = true;
        events.clear();
        stopListening();
        return true;
    }

    private void stopListening() {
        if (room != null) {
            room.cancel();
        }
    }
}
