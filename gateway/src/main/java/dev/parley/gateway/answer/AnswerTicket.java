package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One answer that is wanted: one run of the model for one user message.
 *
 * @param inReplyTo the seq of the user's message
 * @param turn the dialog's turn in which it was asked for; it is worth nothing in any other
 * @param model that is to answer, as far as was known when it was asked for
 * @param speaker who was to answer when it was asked for; absent where that was not known
 * @param askedBy {@link dev.parley.gateway.access.Caller#key()} of who asked
 */
record AnswerTicket(String requestId, long dialogId, long inReplyTo, long turn, ModelName model,
        @Nullable Speaker speaker,
        String askedBy, AnswerClass answerClass, Instant askedAt) {

    /** Of one whose speaker has to be looked up. */
    AnswerTicket(String requestId, long dialogId, long inReplyTo, long turn, ModelName model, String askedBy,
            AnswerClass answerClass, Instant askedAt) {
        this(requestId, dialogId, inReplyTo, turn, model, null, askedBy, answerClass, askedAt);
    }
}
