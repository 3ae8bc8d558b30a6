package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far one follower has come, and so what may still be shown to it. Used by one thread at a time, as a stream's signals
 * are.
 *
 * <p>While a follower reads the log it overtakes the live events that wait in its buffer. An answer whose message it has read
 * must not begin to grow again after it, and no answer may grow after the message that ended its turn.
 */
final class FeedPosition {

    /** As many answers as can end while one follower catches up and still have events in its buffer. */
    private static final int REMEMBERED_ANSWERS = 64;

    private long last;
    private long turn;
    private final ArrayDeque<String> ended = new ArrayDeque<>(0);
    /** Ends that it was told before the room told them. */
    private final List<String> lookedUp = new ArrayList<>(0);
    /** Each once. A handful, so a set would cost more than the search. */
    private final List<String> inFlight;

    /** @param inFlight answers of which the follower knows that they have begun, and not that they have ended */
    FeedPosition(long last, Set<String> inFlight) {
        this.last = last;
        this.inFlight = new ArrayList<>(inFlight);
    }

    /** The seq of the last message passed on. */
    long last() {
        return last;
    }

    long next() {
        return last + 1;
    }

    /** Goes on after {@code seq} without what lies between. */
    void jumpTo(long seq) {
        last = seq;
    }

    /** Passes the next message on. */
    void moveTo(Logged logged) {
        Message message = logged.message();
        if (message.seq() != next()) {
            throw new IllegalStateException("message %d of dialog %d (expected: %d)".formatted(message.seq(),
                    message.dialogId(), next()));
        }
        last = message.seq();
        if (message.kind().endsTurn()) {
            turn = Math.max(turn, message.turn());
        }
        if (message.sender() == Sender.ASSISTANT) {
            remember(message.requestId());
        }
    }

    /** Whether this may still be shown. An answer's end may, once: it tells a client that nothing more comes. */
    boolean admits(OfAnswer news) {
        return news instanceof AnswerFinished
                ? !lookedUp.contains(news.requestId())
                : news.turn() >= turn && !ended.contains(news.requestId());
    }

    /** Passes news of an answer on. */
    void note(OfAnswer news) {
        switch (news) {
            case AnswerFinished finished -> inFlight.remove(finished.requestId());
            case DialogEvent.AnswerDelta delta -> {
                // It has begun, and is known to have.
            }
            case DialogEvent.AnswerQueued queued -> noteInFlight(queued.requestId());
            case DialogEvent.AnswerStarted started -> noteInFlight(started.requestId());
        }
    }

    /** Passes an end on of which the room has not told, and perhaps will a moment later. */
    void lookedUp(AnswerFinished end) {
        inFlight.remove(end.requestId());
        if (lookedUp.size() == REMEMBERED_ANSWERS) {
            lookedUp.removeFirst();
        }
        lookedUp.add(end.requestId());
    }

    private void noteInFlight(String requestId) {
        if (!inFlight.contains(requestId)) {
            inFlight.add(requestId);
        }
    }

    /** The answers whose end the follower has not heard of, although they are not in flight any more. */
    List<String> unheardEnds(Collection<? extends OfAnswer> stillInFlight) {
        if (inFlight.isEmpty()) {
            return List.of();
        }
        List<String> gone = new ArrayList<>(inFlight);
        stillInFlight.forEach(news -> gone.remove(news.requestId()));
        return gone;
    }

    private void remember(@Nullable String requestId) {
        if (requestId == null) {
            return;
        }
        if (ended.size() == REMEMBERED_ANSWERS) {
            ended.removeFirst();
        }
        ended.addLast(requestId);
    }
}
