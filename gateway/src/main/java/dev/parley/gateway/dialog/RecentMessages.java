package dev.parley.gateway.dialog;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest messages of a dialog as far as one room knows them: always contiguous, at most a fixed number. */
final class RecentMessages {

    private static final long UNKNOWN = -1;

    private final int capacity;
    private final ArrayDeque<Message> messages = new ArrayDeque<>(0);

    /** Every message after this seq is here; nothing is known before the first one came. */
    private long after = UNKNOWN;

    RecentMessages(int capacity) {
        this.capacity = capacity;
    }

    /** Adds the next message. One that is known is ignored; after a hole only the new one is remembered. */
    void add(Message message) {
        if (after == UNKNOWN || message.seq() > newest() + 1) {
            messages.clear();
            after = message.seq() - 1;
        }
        if (message.seq() == newest() + 1) {
            messages.addLast(message);
            shrink();
        }
    }

    /** Adds what was read from the log: every message after {@code since}, up to the newest at that time. */
    void learn(long since, List<Message> read) {
        long newestRead = read.isEmpty() ? since : read.getLast().seq();
        if (after == UNKNOWN) {
            after = newestRead;
        }
        if (newestRead < after || since >= after) {
            return; // it does not join on to what is here, or says nothing new
        }
        read.reversed().stream().filter(message -> message.seq() <= after)
                .limit(Math.max(0, capacity - messages.size()))
                .forEach(messages::addFirst);
        Message oldest = messages.peekFirst();
        after = oldest == null ? after : oldest.seq() - 1;
    }

    private void shrink() {
        while (messages.size() > capacity) {
            after = messages.removeFirst().seq();
        }
    }

    /** The newest seq that is known, or less than any. */
    long newest() {
        Message newest = messages.peekLast();
        return newest == null ? after : newest.seq();
    }

    int size() {
        return messages.size();
    }

    /** All that are known, oldest first. */
    List<Message> all() {
        return List.copyOf(messages);
    }

    /** Every message after {@code seq}, oldest first, or nothing where not all of them are known. */
    @Nullable
    List<Message> since(long seq) {
        if (after == UNKNOWN || seq < after || seq > newest()) {
            return null;
        }
        return seq == newest() ? List.of() : messages.stream().filter(message -> message.seq() > seq).toList();
    }
}
