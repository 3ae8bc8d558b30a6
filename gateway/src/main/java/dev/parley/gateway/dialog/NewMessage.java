package dev.parley.gateway.dialog;

import org.jspecify.annotations.Nullable;

/**
 * A message that somebody wants in the log.
 *
 * @param clientMsgId the sender's own name for it, by which a repeat is known
 * @param requestId of a user's message the answer that it asks for, absent where it wants none; of an assistant's message
 *        the answer it came from
 * @param turn the turn that must still hold for the message to be taken; absent where any will do
 * @param askedBy {@link dev.parley.gateway.access.Caller#key()} of who asks for the answer; given with a user's requestId
 */
public record NewMessage(long dialogId, Sender sender, String senderId, @Nullable String senderName, String clientMsgId,
        String text, Message.@Nullable State state, @Nullable String requestId, @Nullable Long turn,
        @Nullable String askedBy) {

    /** The {@code senderId} of assistants: there is one a dialog. */
    public static final String ASSISTANT = "assistant";

    /** The {@code clientMsgId} of the message that comes of an answer, so that none can come of it twice. */
    public static String answerId(String requestId) {
        return "answer:" + requestId;
    }

    /** The same, to be taken in this turn only. */
    public NewMessage inTurn(long onlyTurn) {
        return new NewMessage(dialogId, sender, senderId, senderName, clientMsgId, text, state, requestId, onlyTurn,
                askedBy);
    }
}
