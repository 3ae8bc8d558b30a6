package dev.parley.gateway.answer;

import dev.parley.gateway.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/**
 * Leave to ask for one answer, or why there is none: the assistant has too much to do, or the caller has its share.
 *
 * @param requestId the name that the answer is to have; absent where it is refused, or not needed
 * @param refusal absent where it is not refused
 */
public record Leave(@Nullable String requestId, @Nullable ProblemException refusal) {

    /** Nobody expects the assistant to say anything. */
    static final Leave NOT_NEEDED = new Leave(null, null);

    /** Whether it was neither given nor refused. */
    public boolean isNotNeeded() {
        return requestId == null && refusal == null;
    }
}
