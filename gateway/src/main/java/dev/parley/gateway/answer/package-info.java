/**
 * The assistant's side: the queue of answers, their running, takeover by a human, and the client of the model. May use
 * {@code dialog}, {@code access} and {@code problem}. Start at {@code Answers}, then {@code AnswerRun} and {@code ChatModel}.
 */
@NullMarked
package dev.parley.gateway.answer;

import org.jspecify.annotations.NullMarked;
