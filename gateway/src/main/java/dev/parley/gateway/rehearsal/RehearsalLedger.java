package dev.parley.gateway.rehearsal;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the rehearsal model has seen of its clients, for tests to compare with what the clients say. Counts are of all
 * chats, details of the last {@value #REMEMBERED}. Safe for any thread; every answer is a snapshot.
 */
public final class RehearsalLedger {

    private static final int REMEMBERED = 1_000;

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long seen;
    private int open;
    private int mostAtOnce;
    private long finished;
    private long left;

    RehearsalLedger() {}

    /** The last chats, oldest first. */
    public synchronized List<Chat> chats() {
        return entries.stream().map(Entry::snapshot).toList();
    }

    /** Chats that have come, of whatever end. */
    public synchronized long seen() {
        return seen;
    }

    /** Chats that have come and not ended, with a slot or waiting for one. */
    public synchronized int open() {
        return open;
    }

    /** The most that {@link #open()} has been. */
    public synchronized int mostAtOnce() {
        return mostAtOnce;
    }

    /** Chats that were answered to their end. */
    public synchronized long finished() {
        return finished;
    }

    /** Chats whose client went before their end. */
    public synchronized long left() {
        return left;
    }

    synchronized Entry arrive(String model, List<Said> messages, Map<String, Object> options) {
        var entry = new Entry(++seen, model, messages, options);
        if (entries.size() == REMEMBERED) {
            entries.removeFirst();
        }
        entries.addLast(entry);
        open++;
        mostAtOnce = Math.max(mostAtOnce, open);
        return entry;
    }

    /** How a chat stands. */
    public enum Outcome {
        /** Waiting, loading or being answered. */
        OPEN,
        /** Its last line has been sent. */
        FINISHED,
        /** Its client has gone before. */
        LEFT,
        /** It was refused, or a fault ended it. */
        FAILED
    }

    /** One message of a request. */
    public record Said(String role, String content) {}

    /**
     * One request to chat.
     *
     * @param number 1, 2, 3 … in the order of coming
     * @param ended when the outcome was known; of a client that left, when the server noticed
     * @param bytesAfterEnd what was still written after that, which should be nothing
     */
    public record Chat(long number, String model, List<Said> messages, Map<String, Object> options, Outcome outcome,
            Instant arrived, @Nullable Instant ended, long bytes, long bytesAfterEnd) {}

    /** A chat while it goes on. The first end counts. */
    final class Entry {

        private final long number;
        private final String model;
        private final List<Said> messages;
        private final Map<String, Object> options;
        private final Instant arrived = Instant.now();
        private Outcome outcome = Outcome.OPEN;
        private @Nullable Instant ended;
        private long bytes;
        private long bytesAfterEnd;

        private Entry(long number, String model, List<Said> messages, Map<String, Object> options) {
            this.number = number;
            this.model = model;
            this.messages = List.copyOf(messages);
            this.options = Map.copyOf(options);
        }

        long number() {
            return number;
        }

        void wrote(int count) {
            synchronized (RehearsalLedger.this) {
                bytes += count;
                if (outcome != Outcome.OPEN) {
                    bytesAfterEnd += count;
                }
            }
        }

        void end(Outcome how) {
            synchronized (RehearsalLedger.this) {
                if (outcome != Outcome.OPEN) {
                    return;
                }
                outcome = how;
                ended = Instant.now();
                open--;
                if (how == Outcome.FINISHED) {
                    finished++;
                } else if (how == Outcome.LEFT) {
                    left++;
                }
            }
        }

        private Chat snapshot() {
            return new Chat(number, model, messages, options, outcome, arrived, ended, bytes, bytesAfterEnd);
        }
    }
}
