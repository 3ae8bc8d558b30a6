package dev.parley.gateway.web;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.springframework.core.codec.CodecException;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.core.JacksonException;

/** Says as which problem a client is told of a failure. */
public final class Problems {

    /** When to come back to a node that has no database just now. */
    private static final Duration AWAY = Duration.ofSeconds(1);

    private Problems() {}

    /** Never fails; what is not known is {@code INTERNAL_ERROR}, and the caller logs that. */
    public static ProblemException of(Throwable failure) {
        return switch (failure) {
            case ProblemException problem -> problem.problem() == Problem.UNAVAILABLE && problem.retryAfter() == null
                    ? problem.retryAfter(AWAY)
                    : problem;
            case DataBufferLimitException _ -> Problem.TOO_LARGE.exception();
            case ResponseStatusException status -> ofStatus(status);
            case JacksonException json -> WrongJson.explain(Problem.BAD_REQUEST, json);
            case CodecException _ -> Problem.BAD_REQUEST.with("The body is not understood");
            default -> isAway(failure)
                    ? Problem.UNAVAILABLE.exception().retryAfter(AWAY)
                    : Problem.INTERNAL_ERROR.exception();
        };
    }

    private static ProblemException ofStatus(ResponseStatusException failure) {
        // A body that cannot be read arrives as status 400 around its true cause.
        Throwable cause = failure.getCause();
        while (cause != null) {
            if (cause instanceof DataBufferLimitException || cause instanceof JacksonException) {
                return of(cause);
            }
            cause = cause.getCause();
        }
        HttpStatus status = HttpStatus.resolve(failure.getStatusCode().value());
        if (status == null) {
            return Problem.INTERNAL_ERROR.exception();
        }
        return switch (status) {
            case UNAUTHORIZED -> Problem.UNAUTHORIZED.exception();
            case FORBIDDEN -> Problem.FORBIDDEN.exception();
            case NOT_FOUND -> Problem.NOT_FOUND.exception();
            case METHOD_NOT_ALLOWED -> Problem.METHOD_NOT_ALLOWED.exception();
            case CONTENT_TOO_LARGE -> Problem.TOO_LARGE.exception();
            case TOO_MANY_REQUESTS -> Problem.RATE_LIMITED.exception();
            case UNSUPPORTED_MEDIA_TYPE -> Problem.BAD_REQUEST.with("This Content-Type is not understood here");
            case NOT_ACCEPTABLE -> Problem.BAD_REQUEST.with("There is no answer of the type that Accept asks for");
            case SERVICE_UNAVAILABLE -> Problem.UNAVAILABLE.exception().retryAfter(AWAY);
            default -> status.is4xxClientError() ? Problem.BAD_REQUEST.exception() : Problem.INTERNAL_ERROR.exception();
        };
    }

    /** Whether something we need is away for now. Causes count: the pool and Spring wrap them. */
    private static boolean isAway(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> cause instanceof TimeoutException || DatabaseFailures.away(cause));
    }
}
