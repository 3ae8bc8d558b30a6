package dev.parley.gateway.answer;

import java.time.Instant;

/**
 * One answer that is wanted: one run of the model for one user message.
 *
 * @param inReplyTo the seq of the user's message
 * @param turn the dialog's turn in which it was asked for; it is worth nothing in any other
 * @param askedBy {@link dev.parley.gateway.access.Caller#key()} of who asked
 */
record AnswerTicket(String requestId, long dialogId, long inReplyTo, long turn, String askedBy, AnswerClass answerClass,
        Instant askedAt) {}
