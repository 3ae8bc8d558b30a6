package dev.parley.gateway.answer;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may speak next: at most a fixed number at once, the others in the order in which they came. It decides and counts, and
 * runs nothing. A fairer order than first come, first served has its place in {@link #next()} and {@link #position}.
 *
 * <p>Safe for all threads; no call waits for anything but another short call.
 */
final class AnswerQueue {

    private final int maxRunning;
    private final int maxWaiting;
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();
    private int running;

    AnswerQueue(int maxRunning, int maxWaiting) {
        this.maxRunning = maxRunning;
        this.maxWaiting = maxWaiting;
    }

    private static final class Waiting {
        private final AnswerTicket ticket;
        private boolean released;
        private int toldPosition;

        Waiting(AnswerTicket ticket) {
            this.ticket = ticket;
        }
    }

    /** A ticket and its place, 1 = next. */
    record Place(AnswerTicket ticket, int position) {}

    /** Whether the next to come would be one too many. It is advice: what was promised an answer is always taken. */
    synchronized boolean isFull() {
        return waiting.size() >= maxWaiting && running >= maxRunning;
    }

    /** Gives the answer a place. It does not start before it is released. */
    synchronized void add(AnswerTicket ticket) {
        waiting.putIfAbsent(ticket.requestId(), new Waiting(ticket));
    }

    synchronized void release(String requestId) {
        Waiting entry = waiting.get(requestId);
        if (entry != null) {
            entry.released = true;
        }
    }

    /** The answer that is to run now, if one waits and may. Whoever takes it calls {@link #ended()} once when it has run. */
    synchronized Optional<AnswerTicket> next() {
        if (running >= maxRunning) {
            return Optional.empty();
        }
        Iterator<Waiting> entries = waiting.values().iterator();
        while (entries.hasNext()) {
            Waiting entry = entries.next();
            if (entry.released) {
                entries.remove();
                running++;
                return Optional.of(entry.ticket);
            }
        }
        return Optional.empty();
    }

    /** A running answer has left its slot. */
    synchronized void ended() {
        running--;
    }

    /** Takes a waiting answer of this dialog out, if it still waits. */
    synchronized Optional<AnswerTicket> remove(String requestId, long dialogId) {
        Waiting entry = waiting.get(requestId);
        if (entry == null || entry.ticket.dialogId() != dialogId) {
            return Optional.empty();
        }
        waiting.remove(requestId);
        return Optional.of(entry.ticket);
    }

    /** Takes out what waits of a dialog from before a turn. */
    synchronized List<AnswerTicket> removeOutdated(long dialogId, long newTurn) {
        List<AnswerTicket> outdated = waiting.values()
                .stream()
                .map(entry -> entry.ticket)
                .filter(ticket -> ticket.dialogId() == dialogId && ticket.turn() < newTurn)
                .toList();
        outdated.forEach(ticket -> waiting.remove(ticket.requestId()));
        return outdated;
    }

    /** The answer's place, 1 = next; 0 where it does not wait, or where it will start at once. */
    synchronized int position(String requestId) {
        int position = 0;
        for (Waiting entry : waiting.values()) {
            position++;
            if (entry.ticket.requestId().equals(requestId)) {
                return running + position <= maxRunning ? 0 : position;
            }
        }
        return 0;
    }

    /** The answer's place, if it waits and was not told of that place yet; it counts as told from now on. */
    synchronized Optional<Place> newPlace(String requestId) {
        return newPlaces(requestId).stream().findFirst();
    }

    /** The places that are not what was last told of them; they count as told from now on. */
    synchronized List<Place> newPlaces() {
        return newPlaces(null);
    }

    private List<Place> newPlaces(@Nullable String only) {
        List<Place> places = new ArrayList<>();
        int position = 0;
        for (Waiting entry : waiting.values()) {
            position++;
            boolean wanted = only == null || only.equals(entry.ticket.requestId());
            if (wanted && entry.released && entry.toldPosition != position) {
                entry.toldPosition = position;
                places.add(new Place(entry.ticket, position));
            }
        }
        return places;
    }

    synchronized int waiting() {
        return waiting.size();
    }

    synchronized int running() {
        return running;
    }
}
