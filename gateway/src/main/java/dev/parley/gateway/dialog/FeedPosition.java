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
    /** Answers of earlier turns were over when the follower came. */
    private long overBefore;
    /** Those whose end was told, or whose message the follower had when it came. */
    private final ArrayDeque<String> over = new ArrayDeque<>(0);
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
        learn(message);
    }

    /**
     * The follower has this message from before, perhaps from another node, which had heard more than this one: what is told here
     * of its answer, or of its turn, comes too late.
     */
    void recall(Message message) {
        learn(message);
        overBefore = turn;
        String requestId = message.requestId();
        if (message.sender() == Sender.ASSISTANT && requestId != null && !inFlight.contains(requestId)) {
            remember(requestId, over);
        }
    }

    private void learn(Message message) {
        if (message.kind().endsTurn()) {
            turn = Math.max(turn, message.turn());
        }
        if (message.sender() == Sender.ASSISTANT) {
            remember(message.requestId(), ended);
        }
    }

    /**
     * Whether this may still be shown. An answer's end may, unless the follower knew when it came that the answer is over: it
     * tells a client that nothing more comes.
     */
    boolean admits(OfAnswer news) {
        return news instanceof AnswerFinished
                ? inFlight.contains(news.requestId())
                        || (news.turn() >= overBefore && !over.contains(news.requestId()))
                : news.turn() >= turn && !ended.contains(news.requestId());
    }

    /** Passes news of an answer on. */
    void note(OfAnswer news) {
        switch (news) {
            case AnswerFinished finished -> {
                inFlight.remove(finished.requestId());
                remember(finished.requestId(), over); // it may come again, from the log and from a node
            }
            case DialogEvent.AnswerDelta delta -> {
                // It has begun, and is known to have.
            }
            case DialogEvent.AnswerQueued queued -> noteInFlight(queued.requestId());
            case DialogEvent.AnswerStarted started -> noteInFlight(started.requestId());
        }
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

    private static void remember(@Nullable String requestId, ArrayDeque<String> answers) {
        if (requestId == null) {
            return;
        }
        if (answers.size() == REMEMBERED_ANSWERS) {
            answers.removeFirst();
        }
        answers.addLast(requestId);
    }
}
