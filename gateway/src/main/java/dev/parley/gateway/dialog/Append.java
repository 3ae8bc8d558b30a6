package dev.parley.gateway.dialog;

/** What became of a {@link NewMessage}. */
public sealed interface Append {

    /**
     * It is in the log.
     *
     * @param repeated it was there before, and nothing was written now
     * @param assistantSpeaks whether the dialog is in the assistant's hands
     */
    record Stored(Message message, boolean repeated, boolean assistantSpeaks) implements Append {

        /** Whether this message has just asked for an answer. */
        boolean asks() {
            return !repeated && message.sender() == Sender.USER && message.requestId() != null;
        }
    }

    /** It is not in the log, and why. */
    enum Refused implements Append {
        /** There is no such dialog. */
        NO_DIALOG,
        /** The dialog is closed. */
        CLOSED,
        /** A human speaks, but the dialog is in the assistant's hands: it has to be taken over first. */
        ASSISTANT_SPEAKS,
        /** The turn that the message was written in has ended. */
        TURN_ENDED,
        /** The answer that the message came of has ended, or is another node's by now. */
        ANSWER_LOST
    }
}
