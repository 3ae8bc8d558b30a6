package dev.parley.gateway.problem;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A refusal that a client is told of, with a {@link #detail()} that is written for it: never SQL, a class name or another
 * person's data. It carries no stack trace, for it says something about the request and not about this code.
 */
public final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Problem problem;
    private final @Nullable String detail;
    private final @Nullable Duration retryAfter;

    public ProblemException(Problem problem, @Nullable String detail, @Nullable Duration retryAfter) {
        super(detail == null ? problem.title() : detail, null, false, false);
        this.problem = problem;
        this.detail = detail;
        this.retryAfter = retryAfter;
    }

    public Problem problem() {
        return problem;
    }

    /** What exactly is wrong and what to do, or nothing where the problem's title says it all. */
    public @Nullable String detail() {
        return detail;
    }

    /** When trying again may help, or nothing where it does not. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    public ProblemException retryAfter(Duration delay) {
        return new ProblemException(problem, detail, delay);
    }
}
