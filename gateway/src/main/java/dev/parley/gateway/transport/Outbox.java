package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.SharedEvent;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
    private final Target target;
    private final SharedEvent.Form form;
    private final Meter meter;
    private final Consumer<Throwable> onFailure;

    // All guarded by this.
    private final ArrayDeque<Entry> line = new ArrayDeque<>(4);
    private final List<Intake> intakes = new ArrayList<>(1);
    private @Nullable Map<Merging.Subject, Entry> mergeable;
    private @Nullable Runnable onEnd;
    private long size;
    private boolean writing;
    private boolean cut;
    private boolean ended;
    private boolean spoken;

    private volatile long written;

    // Of the one thread that asks for it.
    private long leftBefore = -1;
    private long leftAt;

    /** @param softBytes where merging begins; {@code hardBytes}: where events are dropped, to be read again */
    record Limits(long softBytes, long hardBytes) {}

    /** Where the bytes go. All but {@code execute} and {@code unsent} are called by what {@code execute} runs. */
    interface Target {

        boolean isWritable();

        void write(byte[] bytes);

        void flush();

        void execute(Runnable task);

        /** Bytes that were written and have not left the process. */
        long unsent();
    }

    /** Something that the connection follows. */
    interface Source {

        /** The events from where the client is; subscribed to again after a cut. Nobody waits for the subscriber. */
        Flux<SharedEvent> events();

        /** The event is being written: the client is as far as this. One call at a time. */
        default void written(DialogEvent event) {}
    }

    /** What becomes of events. Called often, by any thread. */
    interface Meter {

        /** So many were written, which are so many bytes. */
        void written(int events, long bytes);

        /** A message is written, so long after this node heard of it. */
        void handedOver(Duration after);

        /** One was made part of another. */
        void merged();

        /** So many were dropped, to be read again. */
        void dropped(int events);
    }

    Outbox(Limits limits, Target target, SharedEvent.Form form, Meter meter, Consumer<Throwable> onFailure) {
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
                drop(entry -> entry.from == gone);
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
        synchronized (this) {
            if (!from.current) {
                return;
            }
            if (size + bytes.length > limits.hardBytes()) {
                toCancel = cut();
            } else if (size <= limits.softBytes() || !merge(from, event)) {
                put(new Entry(from, event, bytes));
            }
        }
        toCancel.forEach(Intake::cancel);
    }

    /** Adds something that is said to this client alone. */
    void reply(byte[] bytes) {
        addOwn(new Entry(null, null, bytes));
    }

    /** Adds a sign of life, of which {@link #hasSpoken} takes no notice. */
    void sign(byte[] bytes) {
        Entry entry = new Entry(null, null, bytes);
        entry.isSign = true;
        addOwn(entry);
    }

    private void addOwn(Entry entry) {
        List<Intake> toCancel = List.of();
        boolean fits;
        synchronized (this) {
            if (ended) {
                return;
            }
            if (size + entry.size > limits.hardBytes()) {
                toCancel = cut();
            }
            fits = size + entry.size <= limits.hardBytes();
            if (fits) {
                put(entry);
            }
        }
        toCancel.forEach(Intake::cancel);
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
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            onEnd = onWritten;
            toCancel = takeIntakes();
            startWriting();
        }
        toCancel.forEach(Intake::cancel);
    }

    /** Forgets all that waits: the connection is gone. */
    void discard() {
        List<Intake> toCancel;
        synchronized (this) {
            ended = true;
            onEnd = null;
            line.clear();
            mergeable = null;
            size = 0;
            toCancel = takeIntakes();
        }
        toCancel.forEach(Intake::cancel);
    }

    /** How long the client has taken nothing although something waits, in milliseconds. For one thread, from time to time. */
    long stalledFor(long now) {
        long unsent = target.unsent();
        long left = written() - unsent;
        if (left != leftBefore || (unsent == 0 && isEmpty())) {
            leftBefore = left;
            leftAt = now;
        }
        return now - leftAt;
    }

    private long written() {
        return written;
    }

    /** Whether anything but signs of life was written since the last time that this was asked. */
    synchronized boolean hasSpoken() {
        boolean was = spoken;
        spoken = false;
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
            Entry next;
            while (target.isWritable() && (next = take()) != null) {
                byte[] bytes = next.bytes(form);
                written = written() + bytes.length; // one thread writes: the event loop of the channel
                target.write(bytes);
                events += next.from == null ? 0 : 1;
            }
            target.flush();
        } while (target.isWritable() && !rest());
        meter.written(events, written - before);
    }

    private synchronized @Nullable Entry take() {
        Entry next = line.pollFirst();
        if (next != null) {
            size -= next.size;
            spoken |= !next.isSign;
            if (mergeable != null) {
                mergeable.values().remove(next);
            }
            if (next.from != null && next.event != null) {
                next.from.source().written(next.event.event());
                if (next.event.event() instanceof DialogEvent.Logged) {
                    meter.handedOver(next.event.age());
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
            mergeable = null;
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

    private void put(Entry entry) {
        line.addLast(entry);
        size += entry.size;
        startWriting();
    }

    private void startWriting() {
        if (!writing) {
            writing = true;
            target.execute(this::write);
        }
    }

    /** Returns whether the event has found its place in one that waits. */
    private boolean merge(Intake from, SharedEvent event) {
        Merging.Subject subject = Merging.subject(from, event.event());
        if (subject == null) {
            return false;
        }
        if (mergeable == null) {
            mergeable = new HashMap<>();
        }
        Entry earlier = mergeable.get(subject);
        Merging.Merged merged = earlier == null ? null : Merging.merge(earlier.known(), event.event());
        if (earlier == null || merged == null) {
            Entry entry = new Entry(from, event, event.in(form));
            mergeable.put(subject, entry);
            put(entry);
        } else {
            meter.merged();
            size += merged.addedBytes();
            earlier.replace(new SharedEvent(merged.event()), earlier.size + merged.addedBytes());
        }
        return true;
    }

    /** Drops all events, and makes that everything is followed anew when the rest is written. */
    private List<Intake> cut() {
        cut = true;
        List<Intake> old = takeIntakes();
        meter.dropped((int) line.stream().filter(entry -> entry.from != null).count());
        drop(entry -> entry.from != null);
        old.forEach(intake -> intakes.add(new Intake(this, intake.source())));
        return old;
    }

    private List<Intake> takeIntakes() {
        List<Intake> all = List.copyOf(intakes);
        intakes.clear();
        all.forEach(intake -> intake.current = false);
        return all;
    }

    private void drop(Predicate<Entry> unwanted) {
        line.removeIf(unwanted);
        size = line.stream().mapToLong(entry -> entry.size).sum();
        mergeable = null;
    }

    /** One thing to write: an event, or a reply, which comes from no source. */
    private static final class Entry {
        private final @Nullable Intake from;
        private @Nullable SharedEvent event;
        private byte @Nullable [] bytes;
        private long size;
        private boolean isSign;

        Entry(@Nullable Intake from, @Nullable SharedEvent event, byte[] bytes) {
            this.from = from;
            this.event = event;
            this.bytes = bytes;
            this.size = bytes.length;
        }

        DialogEvent known() {
            return Objects.requireNonNull(event).event();
        }

        void replace(SharedEvent by, long newSize) {
            event = by;
            bytes = null;
            size = newSize;
        }

        byte[] bytes(SharedEvent.Form form) {
            return bytes != null ? bytes : Objects.requireNonNull(event).in(form);
        }
    }
}
