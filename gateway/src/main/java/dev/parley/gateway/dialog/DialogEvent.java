package dev.parley.gateway.dialog;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Everything that followers of a dialog can hear of, and the vocabulary of the whole house.
 *
 * <p>{@link Logged} is durable: it comes once, in the order of the log, and is read again from the log where it was missed.
 * All others are ephemeral: they may be merged or skipped, but what they describe is right in the end.
 */
public sealed interface DialogEvent {

    long dialogId();

    /** A message is in the log. */
    record Logged(Message message) implements DialogEvent {
        @Override
        public long dialogId() {
            return message.dialogId();
        }
    }

    /** What is known of one answer of the assistant. None is shown after its {@code turn} has ended, but its end is. */
    sealed interface OfAnswer extends DialogEvent {

        String requestId();

        long turn();
    }

    /**
     * @param position place in the queue, 1 = next; {@code inReplyTo} is the seq of the user's message
     * @param phase what it waits for beside its turn
     */
    record AnswerQueued(long dialogId, String requestId, long turn, long inReplyTo, int position,
            @Nullable Duration startsIn, @Nullable WaitPhase phase) implements OfAnswer {}

    record AnswerStarted(long dialogId, String requestId, long turn, long inReplyTo) implements OfAnswer {}

    /** {@code text} stands at {@code offset} (UTF-16 units) of the answer; what was known beyond it is replaced. */
    record AnswerDelta(long dialogId, String requestId, long turn, int offset, String text) implements OfAnswer {}

    /**
     * @param seq of the message that came of it, where one did; {@code droppedTurns} did not fit the model's context
     * @param cached whether it was given before to somebody else, and no model was asked
     */
    record AnswerFinished(long dialogId, String requestId, long turn, AnswerEnd reason, @Nullable Long seq,
            int droppedTurns, boolean cached) implements OfAnswer {

        public AnswerFinished(long dialogId, String requestId, long turn, AnswerEnd reason, @Nullable Long seq) {
            this(dialogId, requestId, turn, reason, seq, 0, false);
        }
    }

    /** What somebody in the dialog does, other than speak. Newcomers are shown how it stands, see {@link Standing}. */
    sealed interface OfPerson extends DialogEvent {

        Sender sender();

        String senderId();
    }

    /** Somebody began or stopped typing. */
    record Typing(long dialogId, Sender sender, String senderId, @Nullable String senderName, boolean active)
            implements
                OfPerson {}

    /** @param lastSeen when they were last here; where they still are, about now */
    record Presence(long dialogId, Sender sender, String senderId, @Nullable String senderName, PresenceStatus status,
            Instant lastSeen) implements OfPerson {}

    /**
     * How far somebody has come: everything up to {@code deliveredSeq} has reached them, and they have read everything up to
     * {@code readSeq}, which is never larger. Neither ever goes back.
     *
     * @param at when one of the marks last moved
     */
    record Receipt(long dialogId, Sender sender, String senderId, long deliveredSeq, long readSeq, Instant at)
            implements
                OfPerson {}

    /** The follower is too far behind to be replayed to; it goes on after {@code seq} and reads the rest by itself. */
    record Reset(long dialogId, long seq) implements DialogEvent {}

    /** The dialog as it is by now; told to those who watch over many dialogs, and not in the dialog's own room. */
    record Updated(Dialog dialog) implements DialogEvent {
        @Override
        public long dialogId() {
            return dialog.id();
        }
    }
}
