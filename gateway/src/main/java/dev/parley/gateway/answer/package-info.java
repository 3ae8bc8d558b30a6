/**
 * The assistant's side: the queue of answers, their running, takeover by a human. May use {@code dialog}, {@code access},
 * {@code model}, {@code limits} and what lies below. Start at {@code Answers}; then {@code AnswerQueue} says who is next, and
 * {@code AnswerRun} what becomes of it.
 */
@NullMarked
package dev.parley.gateway.answer;

import org.jspecify.annotations.NullMarked;
