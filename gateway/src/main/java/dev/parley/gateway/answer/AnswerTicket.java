package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.time.Instant;

/**
 * One answer that is wanted: one run of the model for one user message.
 *
 * @param inReplyTo the seq of the user's message
 * @param turn the dialog's turn in which it was asked for; it is worth nothing in any other
 * @param model that is to answer, as far as was known when it was asked for
 * @param askedBy {@link dev.parley.gateway.access.Caller#key()} of who asked
 */
record AnswerTicket(String requestId, long dialogId, long inReplyTo, long turn, ModelName model, String askedBy,
        AnswerClass answerClass,
        Instant askedAt) {}
