package dev.parley.gateway.answer;

import dev.parley.gateway.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * Leave to ask for one answer, or why there is none: the assistant has too much to do, or the caller has its share.
 *
 * @param requestId the name that the answer is to have; absent where it is refused
 * @param refusal absent where it is not refused
 * @param isCounted whether the caller's limits hold it already; else they do when an answer was asked for after all
 */
public record Leave(@Nullable String requestId, @Nullable ProblemException refusal, boolean isCounted) {

    static Leave refused(ProblemException refusal) {
        return new Leave(null, refusal, false);
    }
}
