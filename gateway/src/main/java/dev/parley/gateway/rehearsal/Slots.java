package dev.parley.gateway.rehearsal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Lets so many pieces of work run at once and the others wait their turn in order, as Ollama's semaphore does. Who waits
 * may leave at any time; who finds {@link #MOST_WAITING} waiting gets Ollama's 503.
 */
final class Slots {

    /** Ollama's own {@code OLLAMA_MAX_QUEUE}. */
    static final int MOST_WAITING = 512;

    private final int size;
    private final Deque<Ticket> waiting = new ArrayDeque<>();
    private int taken;

    Slots(int size) {
        this.size = size;
    }

    /** The work, begun when there is a slot for it. The slot is free again when it ends in any way. */
    <T> Flux<T> hold(Supplier<? extends Publisher<T>> work) {
        return Flux.defer(() -> {
            var ticket = new Ticket();
            if (!ticket.join()) {
                return Flux.error(new OllamaError(503, Fault.QUEUE_FULL));
            }
            return ticket.turn.asMono()
                    // A chain of work that ends at once would otherwise become a chain of calls.
                    .publishOn(Schedulers.parallel())
                    .thenMany(Flux.defer(work))
                    .doFinally(end -> ticket.leave());
        });
    }

    private final class Ticket {

        private final Sinks.Empty<Void> turn = Sinks.empty();

        boolean join() {
            synchronized (Slots.this) {
                if (taken == size) {
                    return waiting.size() < MOST_WAITING && waiting.add(this);
                }
                taken++;
            }
            begin();
            return true;
        }

        void leave() {
            Ticket next;
            synchronized (Slots.this) {
                if (waiting.remove(this)) {
                    return;
                }
                next = waiting.poll();
                if (next == null) {
                    taken--;
                    return;
                }
            }
            next.begin();
        }

        private void begin() {
            // Once for each ticket. Whoever is leaving at this moment finds that it has the slot, and passes it on.
            turn.tryEmitEmpty().orThrow();
        }
    }
}
