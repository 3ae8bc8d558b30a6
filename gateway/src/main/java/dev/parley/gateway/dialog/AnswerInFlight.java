package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One answer of a dialog that has not ended, as a newcomer has to learn of it. For the room, one thread at a time. */
final class AnswerInFlight {

    private final long turn;
    private final StringBuilder text = new StringBuilder();
    private @Nullable OfAnswer lastState;
    /** Whether it runs on this node. */
    private boolean own;
    /** Whether its beginning was asked for. */
    private boolean missing;

    AnswerInFlight(long turn) {
        this.turn = turn;
    }

    long turn() {
        return turn;
    }

    boolean isOwn() {
        return own;
    }

    boolean hasStarted() {
        return lastState instanceof AnswerStarted;
    }

    /** Whether its beginning is missing and was not asked for yet; it counts as asked for from now on. */
    boolean isToBeAskedFor() {
        boolean first = !missing;
        missing = true;
        return first;
    }

    /**
     * Returns false for a delta that has no place: its beginning is not known here.
     *
     * @param isOwn whether this node tells it
     */
    boolean add(OfAnswer news, boolean isOwn) {
        own = isOwn;
        switch (news) {
            case AnswerDelta delta -> {
                if (delta.offset() > text.length()) {
                    return false;
                }
                text.setLength(delta.offset());
                text.append(delta.text());
                missing = false;
            }
            case AnswerStarted started -> {
                text.setLength(0);
                lastState = started;
            }
            case AnswerQueued queued -> lastState = queued;
            case AnswerFinished finished -> throw new IllegalArgumentException("an end is not in flight");
        }
        return true;
    }

    /** @param given of its text; less than 0: it waited then; more than there is: it has begun anew */
    void tellAll(List<OfAnswer> news, int given) {
        if (lastState == null) {
            return;
        }
        news.add(lastState);
        int offset = given < 0 || given > text.length() ? 0 : given;
        if (offset < text.length() && lastState instanceof AnswerStarted started) {
            news.add(
                    new AnswerDelta(started.dialogId(), started.requestId(), turn, offset, text.substring(offset)));
        }
    }
}
