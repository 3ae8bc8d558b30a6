package dev.parley.gateway.rehearsal;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;

/**
 * The slots of one loaded model: so many have one at once, and the others wait their turn in order, as at Ollama's
 * semaphore. Who waits may leave at any time. Ollama lets any number wait here; so that memory has a bound, {@link
 * #MOST_WAITING} may. For one thread.
 */
final class Slots {

    static final int MOST_WAITING = 100_000;

    private final Executor thread;
    private final IntSupplier size;
    private final SequencedSet<Place> waiting = new LinkedHashSet<>();
    private int taken;

    Slots(Executor thread, IntSupplier size) {
        this.thread = thread;
        this.size = size;
    }

    /** A place in the line. When its turn comes, {@code begin} is run; never before this returns. */
    Place line(Runnable begin) {
        if (waiting.size() >= MOST_WAITING) {
            throw new OllamaError(503, Fault.QUEUE_FULL);
        }
        var place = new Place(begin);
        waiting.add(place);
        serve();
        return place;
    }

    /** Lets in whoever there is room for, now that there may be more of it. */
    void serve() {
        while (taken < size.getAsInt() && !waiting.isEmpty()) {
            taken++;
            Place next = waiting.removeFirst();
            next.isTaken = true;
            // Not at once: answers that end where they begin would make a chain of calls.
            thread.execute(next::begin);
        }
    }

    int taken() {
        return taken;
    }

    int size() {
        return size.getAsInt();
    }

    /** A slot, or a place in the line for one. */
    final class Place {

        private final Runnable begin;
        private boolean isTaken;
        private boolean isLeft;

        private Place(Runnable begin) {
            this.begin = begin;
        }

        /** Gives up the slot or the place. Once only. */
        void leave() {
            if (isLeft) {
                return;
            }
            isLeft = true;
            if (isTaken) {
                taken--;
                serve();
            } else {
                waiting.remove(this);
            }
        }

        private void begin() {
            if (!isLeft) {
                begin.run();
            }
        }
    }
}
