package dev.parley.gateway.dialog;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One event for many followers. What carriers make of it is made once, by whoever needs it first, and shared by all: an event
 * that goes to fifty followers is written as JSON once. Safe for all threads; the bytes are nobody's to change.
 */
public final class SharedEvent {

    private final DialogEvent event;
    private final long madeAt = System.nanoTime();
    private volatile @Nullable Written written;

    public SharedEvent(DialogEvent event) {
        this.event = event;
    }

    /** A way of writing events. Told apart by identity, so there has to be one object for each way. */
    public interface Form {
        byte[] write(SharedEvent event);
    }

    /** There are few forms, so a list that only grows at its head will do. */
    private static final class Written {
        private final Form form;
        private final byte[] bytes;
        private final @Nullable Written next;

        Written(Form form, byte[] bytes, @Nullable Written next) {
            this.form = form;
            this.bytes = bytes;
            this.next = next;
        }
    }

    public DialogEvent event() {
        return event;
    }

    /** How long this node has known of it. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - madeAt);
    }

    /** The event in this form. */
    public byte[] in(Form form) {
        byte[] known = find(form);
        return known == null ? write(form) : known;
    }

    private synchronized byte[] write(Form form) {
        byte[] known = find(form);
        if (known != null) {
            return known;
        }
        byte[] bytes = form.write(this);
        written = new Written(form, bytes, written);
        return bytes;
    }

    private byte @Nullable [] find(Form form) {
        for (Written known = written; known != null; known = known.next) {
            if (known.form == form) {
                return known.bytes;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return event.toString();
    }
}
