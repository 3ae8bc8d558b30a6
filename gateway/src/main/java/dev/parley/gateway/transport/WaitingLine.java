package dev.parley.gateway.transport;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The frames that wait for one connection, and how many bytes they are. Guarded by its {@link Outbox}. */
final class WaitingLine {

    private final ArrayDeque<WaitingFrame> frames = new ArrayDeque<>(4);
    private long size;

    /** The newest frame of each subject among those that came since {@link #add} was last called for an event. */
    private @Nullable Map<Merging.Subject, WaitingFrame.Event> mergeable;

    long size() {
        return size;
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    void add(WaitingFrame frame) {
        if (frame instanceof WaitingFrame.Event) {
            mergeable = null; // it is of some subject, and nothing that comes later may overtake it
        }
        append(frame);
    }

    /** Adds the event to a frame of the same subject, if it may, and else as a frame. Returns whether it was merged. */
    boolean merge(WaitingFrame.Event frame) {
        Merging.Subject subject = Merging.subject(frame.from(), frame.event());
        if (subject == null) {
            append(frame);
            return false;
        }
        if (mergeable == null) {
            mergeable = new HashMap<>();
        }
        WaitingFrame.Event earlier = mergeable.get(subject);
        Merging.Merged merged = earlier == null ? null : Merging.merge(earlier.event(), frame.event());
        if (earlier == null || merged == null) {
            mergeable.put(subject, frame);
            append(frame);
            return false;
        }
        size += merged.addedBytes();
        earlier.become(merged.event(), earlier.size() + merged.addedBytes());
        return true;
    }

    private void append(WaitingFrame frame) {
        frames.addLast(frame);
        size += frame.size();
    }

    /** Takes the oldest. */
    @Nullable
    WaitingFrame take() {
        WaitingFrame oldest = frames.pollFirst();
        if (oldest != null) {
            size -= oldest.size();
            if (frames.isEmpty()) {
                mergeable = null;
            } else if (mergeable != null) {
                mergeable.values().remove(oldest);
            }
        }
        return oldest;
    }

    /** Drops those frames, and returns how many they were. */
    int drop(Predicate<WaitingFrame> unwanted) {
        int before = frames.size();
        frames.removeIf(unwanted);
        size = frames.stream().mapToLong(WaitingFrame::size).sum();
        mergeable = null;
        return before - frames.size();
    }
}
