package dev.parley.gateway.answer;

import dev.parley.gateway.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * Leave to ask for one answer, or why there is none: the assistant has too much to do, or the caller has its share.
 *
 * @param requestId the name that the answer is to have; absent where it is refused
 */
public record Leave(@Nullable String requestId, @Nullable ProblemException refusal) {}
