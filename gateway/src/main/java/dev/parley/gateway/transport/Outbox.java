package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * What waits to be written to one connection: a line of frames, into which the dialog's events and the replies to the
 * client's own frames come in the order in which they happened.
 *
 * <p>It is bounded: events are asked for only as the client takes them, and a client that lets its replies pile up loses the
 * connection. Adding is serialised by a short lock; what is added is handed on while it is held, so nothing overtakes.
 */
final class Outbox extends BaseSubscriber<Outbox.Frame> {

    private static final int EVENTS = 64;
    private static final int REPLIES = 256;

    private final Sinks.Many<Frame> line = Sinks.unsafe().many().unicast().onBackpressureBuffer();
    private final Scheduler clock;
    private int replies;
    private int unwritten;
    private long takenAt;
    private boolean ended;

    Outbox(Scheduler clock) {
        this.clock = clock;
        this.takenAt = now();
    }

    /** One thing to write. */
    sealed interface Frame {

        /** An event of the feed. */
        record Event(String text) implements Frame {}

        /** Something said to this client alone. */
        record Reply(String text) implements Frame {}

        /** A sign of life. */
        record Ping() implements Frame {}
    }

    /** Everything that was added, once, as fast as it is asked for; ends when the outbox does. For one subscriber. */
    Flux<Frame> frames() {
        return line.asFlux().doOnNext(this::taken);
    }

    /** Adds a frame, or ends the outbox as {@code TOO_MANY_CONNECTIONS} where the client has let too many pile up. */
    synchronized void add(Frame frame) {
        if (ended) {
            return;
        }
        if (++replies > REPLIES) {
            fail(Problem.TOO_MANY_CONNECTIONS.with("The client does not read"));
            return;
        }
        emit(frame);
    }

    /** How long the client has taken nothing of what waits for it, in milliseconds; 0 where nothing waits. */
    synchronized long stalledFor() {
        return unwritten == 0 ? 0 : now() - takenAt;
    }

    /** Ends after what has been added so far. */
    synchronized void end() {
        if (!ended) {
            ended = true;
            cancel();
            line.tryEmitComplete(); // fails only where it has ended
        }
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        request(EVENTS);
    }

    @Override
    protected synchronized void hookOnNext(Frame event) {
        if (!ended) {
            emit(event);
        }
    }

    @Override
    protected void hookOnError(Throwable error) {
        fail(error);
    }

    private synchronized void fail(Throwable error) {
        if (!ended) {
            ended = true;
            cancel();
            line.tryEmitError(error); // fails only where it has ended
        }
    }

    private void emit(Frame frame) {
        if (unwritten++ == 0) {
            takenAt = now();
        }
        line.tryEmitNext(frame); // unbounded by itself: the bounds are those above; fails only after the subscriber's cancel
    }

    private void taken(Frame frame) {
        synchronized (this) {
            unwritten--;
            takenAt = now();
            if (!(frame instanceof Frame.Event)) {
                replies--;
            }
        }
        if (frame instanceof Frame.Event) {
            request(1);
        }
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }
}
