package dev.parley.gateway.dialog;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A durable entry of a dialog's log. It is never changed.
 *
 * @param seq its place in the log: 1, 2, 3 … without a hole
 * @param senderId who exactly; of a system message the person concerned
 * @param clientMsgId the sender's own name for it, absent in system messages only
 * @param state absent unless the text is an answer that was not finished
 * @param requestId of an assistant's message the answer it came from, of a user's message the answer it asked for
 * @param turn the dialog's turn when it was written
 */
public record Message(long dialogId, long seq, long id, Kind kind, Sender sender, @Nullable String senderId,
        @Nullable String senderName, @Nullable String clientMsgId, String text, @Nullable State state,
        @Nullable String requestId, long turn, Instant timestamp) {

    /** What kind of entry it is; all but the first are of {@link Sender#SYSTEM}. */
    public enum Kind {
        MESSAGE, HANDOFF_STARTED, HANDOFF_ENDED, HUMAN_REQUESTED, DIALOG_CLOSED, DIALOG_REOPENED;

        /** The event type on the wire, and the name in the table. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Kind of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }

        /** Whether nothing that the assistant began before it may be seen after it. */
        boolean endsTurn() {
            return switch (this) {
                case HANDOFF_STARTED, HANDOFF_ENDED, DIALOG_CLOSED, DIALOG_REOPENED -> true;
                case MESSAGE, HUMAN_REQUESTED -> false;
            };
        }
    }

    /** Why an answer's text is only a part. */
    public enum State {
        CANCELLED, FAILED;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static State of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }
}
