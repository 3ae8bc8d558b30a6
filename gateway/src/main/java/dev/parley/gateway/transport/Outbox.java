package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.SharedEvent;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.transport.WaitingFrame.Event;
import dev.parley.gateway.transport.WaitingFrame.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * What waits to be written to one connection: the events of all that it follows, and the replies to the client's own frames,
 * in the order in which they came.
 *
 * <p>It is bounded in bytes. Beyond the soft bound what is ephemeral is merged with what already waits: an answer's text, a
 * place in the queue, typing. Beyond the hard bound all events are dropped and nothing more is followed; when the client has
 * taken the rest, everything is followed anew from where the client is. So a client that does not read costs one outbox, and
 * nobody waits for it. A client that lets its replies pile up beyond the hard bound is given up.
 *
 * <p>Events come from any thread and are added under a short lock; one task of the channel's event loop writes as many of
 * them as the channel takes, and flushes once.
 */
final class Outbox {

    private final Limits limits;
    private final FrameTarget target;
    private final SharedEvent.Form form;
    private final DeliveryMeter meter;
    private final Consumer<Throwable> onFailure;
    private final Runnable writeTask = this::write;

    // All guarded by this.
    private final WaitingLine line = new WaitingLine();
    private final List<Intake> intakes = new ArrayList<>(1);
    private @Nullable Runnable onEnd;
    private boolean writing;
    private boolean cut;
    private boolean ended;

    /** What the sweep asks for, without the lock. */
    private volatile boolean busy;
    private volatile boolean spoken;
    private volatile long written;

    // Of the one thread that asks for it.
    private long leftBefore = -1;
    private long leftAt;

    /** @param softBytes where merging begins; {@code hardBytes}: where events are dropped, to be read again */
    record Limits(long softBytes, long hardBytes) {}

    /** Something that the connection follows. */
    interface Source {

        /** The events from where the client is; subscribed to again after a cut. Nobody waits for the subscriber. */
        Flux<SharedEvent> events();

        /** The event is being written: the client is as far as this. One call at a time. */
        default void written(DialogEvent event) {}
    }

    Outbox(Limits limits, FrameTarget target, SharedEvent.Form form, DeliveryMeter meter,
            Consumer<Throwable> onFailure) {
        this.limits = limits;
        this.target = target;
        this.form = form;
        this.meter = meter;
        this.onFailure = onFailure;
    }

    /** Begins to follow: the source's events come into the outbox until {@link #unfollow}, or until it ends. */
    void follow(Source source) {
        Intake intake = new Intake(this, source);
        synchronized (this) {
            if (ended) {
                return;
            }
            intakes.add(intake);
            if (cut) {
                return; // it begins with the others
            }
        }
        intake.start();
    }

    /** Ends to follow. What waits of the source is not written any more. */
    void unfollow(Source source) {
        intakeOf(source).ifPresent(gone -> {
            synchronized (this) {
                intakes.remove(gone);
                gone.current = false;
                line.drop(frame -> frame instanceof Event event && event.from() == gone);
            }
            gone.cancel();
        });
    }

    private synchronized Optional<Intake> intakeOf(Source source) {
        return intakes.stream().filter(intake -> intake.source() == source).findFirst();
    }

    /** Adds an event; ignored where its intake is not of this outbox any more. */
    void add(Intake from, SharedEvent event) {
        byte[] bytes = event.in(form);
        List<Intake> toCancel = List.of();
        boolean wake;
        synchronized (this) {
            if (!from.current) {
                return;
            }
            if (!line.isEmpty() && line.size() + bytes.length > limits.hardBytes()) {
                toCancel = cut(); // never for one that is alone: it would be as large the next time
            } else if (line.size() <= limits.softBytes()) {
                line.add(new Event(from, event, bytes));
            } else if (line.merge(new Event(from, event, bytes))) {
                meter.merged();
            }
            wake = mustWake();
        }
        toCancel.forEach(Intake::cancel);
        wakeIf(wake);
    }

    /** Adds something that is said to this client alone. */
    void reply(byte[] bytes) {
        add(new Reply(bytes, false));
    }

    /** Adds a sign of life, of which {@link #hasSpoken} takes no notice. */
    void sign(byte[] bytes) {
        add(new Reply(bytes, true));
    }

    private void add(Reply reply) {
        List<Intake> toCancel = List.of();
        boolean fits;
        boolean wake;
        synchronized (this) {
            if (ended) {
                return;
            }
            if (line.size() + reply.size() > limits.hardBytes()) {
                toCancel = cut();
            }
            fits = line.size() + reply.size() <= limits.hardBytes();
            if (fits) {
                line.add(reply);
            }
            wake = mustWake();
        }
        toCancel.forEach(Intake::cancel);
        wakeIf(wake);
        if (!fits) {
            onFailure.accept(Problem.TOO_MANY_CONNECTIONS.with("The client does not read"));
        }
    }

    /** A source has failed. */
    void fail(Intake from, Throwable error) {
        boolean current;
        synchronized (this) {
            current = from.current;
        }
        if (current) {
            onFailure.accept(error);
        }
    }

    /** Follows nothing more, and says when all that has been added so far is written. */
    void end(Runnable onWritten) {
        List<Intake> toCancel;
        boolean wake;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            onEnd = onWritten;
            toCancel = takeIntakes();
            wake = !writing;
            writing = true;
            busy = true;
        }
        toCancel.forEach(Intake::cancel);
        wakeIf(wake);
    }

    /** Forgets all that waits: the connection is gone. */
    void discard() {
        List<Intake> toCancel;
        synchronized (this) {
            ended = true;
            onEnd = null;
            line.drop(frame -> true);
            toCancel = takeIntakes();
        }
        toCancel.forEach(Intake::cancel);
    }

    /**
     * For how long the client has taken nothing although something waits, in milliseconds, as far as was seen. For one thread,
     * from time to time.
     */
    long stalledFor(long now) {
        if (!busy || noteIdle()) {
            leftBefore = -1;
            return 0;
        }
        long left = written() - target.unsent();
        if (left != leftBefore) {
            leftBefore = left;
            leftAt = now;
        }
        return now - leftAt;
    }

    /** Under the lock: else it could undo what somebody says who has just come with more. */
    private synchronized boolean noteIdle() {
        boolean idle = !writing && line.isEmpty() && target.unsent() == 0;
        if (idle) {
            busy = false;
        }
        return idle;
    }

    private long written() {
        return written;
    }

    /** Whether anything but signs of life was written since the last time that this was asked. */
    boolean hasSpoken() {
        boolean was = spoken;
        if (was) {
            spoken = false; // what is written at the same moment may be missed, and costs one sign of life too many
        }
        return was;
    }

    synchronized boolean isEmpty() {
        return line.isEmpty();
    }

    /** Writes as much as the channel takes: by our own task, and when the channel says that it takes more again. */
    void write() {
        int events = 0;
        long before = written;
        do {
            WaitingFrame next;
            while (target.isWritable() && (next = take()) != null) {
                byte[] bytes = next.bytes(form);
                written = written() + bytes.length; // one thread writes: the event loop of the channel
                target.write(bytes);
                events += next instanceof Event ? 1 : 0;
            }
            target.flush();
        } while (target.isWritable() && !rest());
        meter.written(events, written - before);
    }

    private synchronized @Nullable WaitingFrame take() {
        WaitingFrame next = line.take();
        switch (next) {
            case null -> {
                // Nothing waits.
            }
            case Reply reply -> spoken |= !reply.isSign();
            case Event event -> {
                spoken = true;
                event.from().source().written(event.event());
                if (event.event() instanceof DialogEvent.Logged) {
                    meter.handedOver(event.shared().age());
                }
            }
        }
        return next;
    }

    /** Where nothing is left to write: waits for more, and does what was to be done at this moment. */
    private boolean rest() {
        Runnable end = null;
        List<Intake> toStart = List.of();
        synchronized (this) {
            if (!line.isEmpty()) {
                return false;
            }
            writing = false;
            busy = target.unsent() > 0;
            if (ended) {
                end = onEnd;
                onEnd = null;
            } else if (cut) {
                cut = false;
                toStart = List.copyOf(intakes);
            }
        }
        toStart.forEach(Intake::start);
        if (end != null) {
            end.run();
        }
        return true;
    }

    /** Whether the event loop does not know yet that there is something to write; asked once, it does. */
    private boolean mustWake() {
        boolean must = !writing && !line.isEmpty();
        if (must) {
            writing = true;
            busy = true;
        }
        return must;
    }

    /** Not under the lock, for which the event loop would wait as soon as it is awake. */
    private void wakeIf(boolean must) {
        if (must) {
            target.execute(writeTask);
        }
    }

    /** Drops all events, and makes that everything is followed anew when the rest is written. */
    private List<Intake> cut() {
        cut = true;
        List<Intake> old = takeIntakes();
        meter.dropped(line.drop(Event.class::isInstance));
        old.forEach(intake -> intakes.add(new Intake(this, intake.source())));
        return old;
    }

    private List<Intake> takeIntakes() {
        List<Intake> all = List.copyOf(intakes);
        intakes.clear();
        all.forEach(intake -> intake.current = false);
        return all;
    }
}
