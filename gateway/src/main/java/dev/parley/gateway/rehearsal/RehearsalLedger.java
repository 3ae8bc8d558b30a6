package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the rehearsal model has seen of its clients, for tests to compare with what the clients say. Counts are of all
 * requests to say something, details of the last {@value #REMEMBERED}. Safe for any thread; every answer is a snapshot.
 */
public final class RehearsalLedger {

    private static final int REMEMBERED = 1_000;

    private final Deque<LedgerEntry> entries = new ArrayDeque<>();
    private final Deque<Start> starts = new ArrayDeque<>();
    private final Map<String, Loads> loads = new TreeMap<>();
    private Counts counts = new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0);

    RehearsalLedger() {}

    /** The last chats, oldest first. */
    public List<Chat> chats() {
        List<LedgerEntry> all;
        synchronized (this) {
            all = List.copyOf(entries);
        }
        // Outside: an entry that ends holds its own lock when it comes for this one.
        return all.stream().map(LedgerEntry::snapshot).toList();
    }

    public synchronized Counts counts() {
        return counts;
    }

    /** Chats that have come, of whatever end. */
    public long seen() {
        return counts().seen();
    }

    /** Chats that have come and not ended, with a slot or waiting for one. */
    public int open() {
        return counts().open();
    }

    /** The most that {@link #open()} has been. */
    public int mostAtOnce() {
        return counts().mostOpen();
    }

    /** Slots that are taken. */
    public int running() {
        return counts().running();
    }

    /** The most that {@link #running()} has been. */
    public int mostRunning() {
        return counts().mostRunning();
    }

    /** Chats that were answered to their end. */
    public long finished() {
        return counts().finished();
    }

    /** Chats whose client went before their end. */
    public long left() {
        return counts().left();
    }

    /** The last that got a slot, in the order in which they did. */
    public synchronized List<Start> starts() {
        return List.copyOf(starts);
    }

    /** What was loaded, by the whole name of the model. */
    public synchronized Map<String, Loads> loads() {
        return Map.copyOf(loads);
    }

    /** The loads of one model, of whatever name it is asked by. */
    public synchronized Loads loads(String model) {
        return loads.getOrDefault(RehearsalSettings.tagged(model), Loads.NONE);
    }

    /** Forgets all but what goes on, and counts from 1 again. */
    public synchronized void clear() {
        entries.clear();
        starts.clear();
        loads.clear();
        counts = new Counts(0, counts.open, counts.open, counts.running, counts.running, 0, 0, 0, 0);
    }

    synchronized LedgerEntry arrive(Asked asked) {
        counts = counts.arrived();
        var entry = new LedgerEntry(this, counts.seen, asked);
        if (entries.size() == REMEMBERED) {
            entries.removeFirst();
        }
        entries.addLast(entry);
        return entry;
    }

    synchronized void started(long number, String label) {
        counts = counts.took();
        if (starts.size() == REMEMBERED) {
            starts.removeFirst();
        }
        starts.addLast(new Start(number, label));
    }

    synchronized void released() {
        counts = counts.gaveBack();
    }

    synchronized void ended(Outcome how) {
        counts = counts.ended(how);
    }

    synchronized void loadBegun(String model) {
        loads.put(model, loads(model).plus(1, 0, 0, 0));
    }

    synchronized void loadFinished(String model) {
        loads.put(model, loads(model).plus(0, 1, 0, 0));
    }

    synchronized void loadAborted(String model) {
        loads.put(model, loads(model).plus(0, 0, 1, 0));
    }

    synchronized void unloaded(String model) {
        loads.put(model, loads(model).plus(0, 0, 0, 1));
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

    /** Where a chat is, or where it was when it ended. */
    public enum Phase {
        /** In the load queue, behind others. */
        LOAD_QUEUE,
        /** Its model is being loaded for it. */
        LOADING,
        /** Waiting for a slot. */
        SLOT_WAIT,
        /** Its prompt is being read. */
        PREFILL,
        /** It is being answered. */
        DECODE
    }

    /** One message of a request. */
    public record Said(String role, String content) {}

    /** One that got a slot; by the user whom it named, or else by its last message. */
    public record Start(long number, String label) {}

    /** How often a model was loaded. An aborted load is one whose client left. */
    public record Loads(long begun, long finished, long aborted, long unloaded) {

        static final Loads NONE = new Loads(0, 0, 0, 0);

        private Loads plus(int begun, int finished, int aborted, int unloaded) {
            return new Loads(this.begun + begun, this.finished + finished, this.aborted + aborted,
                    this.unloaded + unloaded);
        }
    }

    /**
     * One request to chat.
     *
     * @param number 1, 2, 3 … in the order of coming
     * @param ended when the outcome was known; of a client that left, when the server noticed
     * @param bytesAfterEnd what was still written after that, which should be nothing
     */
    public record Chat(long number, String model, List<Said> messages, Map<String, Object> options, Outcome outcome,
            Instant arrived, @Nullable Instant ended, long bytes, long bytesAfterEnd, Course course) {}

    /**
     * What came between.
     *
     * @param label the user whom the request named, or its last message
     * @param status of the answer; 499 where the client left before its model was there; 0 where there is none
     * @param started when it got its slot
     * @param released when the slot was free again; later than the end where it was held for one who had left
     * @param readerBlocked how long the slot was held because the client did not read
     */
    public record Course(String api, String label, Phase phase, int status, @Nullable Instant started,
            @Nullable Instant released, long tokens, Duration readerBlocked) {}

    /** How many there were. */
    public record Counts(long seen, int open, int mostOpen, int running, int mostRunning, long started, long finished,
            long left, long failed) {

        private Counts arrived() {
            return new Counts(seen + 1, open + 1, Math.max(mostOpen, open + 1), running, mostRunning, started, finished,
                    left, failed);
        }

        private Counts took() {
            return new Counts(seen, open, mostOpen, running + 1, Math.max(mostRunning, running + 1), started + 1,
                    finished, left, failed);
        }

        private Counts gaveBack() {
            return new Counts(seen, open, mostOpen, running - 1, mostRunning, started, finished, left, failed);
        }

        private Counts ended(Outcome how) {
            return new Counts(seen, open - 1, mostOpen, running, mostRunning, started,
                    finished + (how == Outcome.FINISHED ? 1 : 0), left + (how == Outcome.LEFT ? 1 : 0),
                    failed + (how == Outcome.FAILED ? 1 : 0));
        }
    }
}
