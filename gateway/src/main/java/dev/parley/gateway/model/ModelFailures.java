package dev.parley.gateway.model;

import static dev.parley.gateway.model.ModelException.Kind.BUSY;
import static dev.parley.gateway.model.ModelException.Kind.FAILED;
import static dev.parley.gateway.model.ModelException.Kind.MISSING;
import static dev.parley.gateway.model.ModelException.Kind.OVERLOADED;
import static dev.parley.gateway.model.ModelException.Kind.REFUSED;
import static dev.parley.gateway.model.ModelException.Kind.TRUNCATED;
import static dev.parley.gateway.model.ModelException.Kind.UNREACHABLE;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.AbortedException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;

/** Says which {@link ModelException.Kind} each failure of a request to a model is. */
final class ModelFailures {

    /** How servers, Ollama and its cloud above all, say that they have too much to do; the status is not always there to tell. */
    private static final List<String> BUSY_TEXTS = List.of("server busy", "maximum pending requests exceeded",
            "too many concurrent requests", "server overloaded");

    /** How it says that it, or the runner of a model, has run out of memory or slots. */
    private static final List<String> OVERLOAD_TEXTS = List.of("no slots available", "has unexpectedly stopped",
            "out of memory", "resource limitations", "requires more system memory", "cudamalloc failed");

    private ModelFailures() {}

    /** An answer with another status than 200, and the text of its error. */
    static ModelException status(int status, String text) {
        ModelException.Kind kind = switch (status) {
            case 429, 503 -> BUSY;
            case 404 -> MISSING;
            // "request canceled", which is nobody's wish but that of a connection that broke, and a proxy's timeout.
            case 408, 499 -> FAILED;
            default -> status >= 500 ? failure(text) : says(text, BUSY_TEXTS) ? BUSY : REFUSED;
        };
        return new ModelException(kind, "The model answered " + status + ": " + text, null);
    }

    /** An error in the middle of the stream, whose status was 200. */
    static ModelException errorLine(String text) {
        return new ModelException(failure(text), "The model failed: " + text, null);
    }

    /** A line that is none of the protocol's. */
    static ModelException garbage(String excerpt) {
        return new ModelException(FAILED, "The model sent a line that is not its JSON: " + excerpt, null);
    }

    /** Something so long that it will not be held. */
    static ModelException tooLong(String what, String limit) {
        return new ModelException(FAILED, "The model sent " + what + " of more than " + limit, null);
    }

    /** The stream ended by itself, but not with the line that says so. */
    static ModelException endedEarly() {
        return new ModelException(TRUNCATED, "The model's stream ended before it was done", null);
    }

    /** Something went wrong before the model said anything. */
    static ModelException beforeHeaders(Throwable failure) {
        // Our own connections to it are all in use: nothing is known about the model.
        boolean pool = failure instanceof TimeoutException || failure instanceof PoolAcquirePendingLimitException;
        return new ModelException(pool ? BUSY : UNREACHABLE, "No answer from the model: " + reason(failure), failure);
    }

    /** Something went wrong while the model was speaking. */
    static ModelException afterHeaders(Throwable failure) {
        boolean broken = failure instanceof IOException || failure instanceof AbortedException;
        return new ModelException(broken ? TRUNCATED : FAILED, "The model's stream broke: " + reason(failure), failure);
    }

    private static ModelException.Kind failure(String text) {
        return says(text, BUSY_TEXTS) ? BUSY : says(text, OVERLOAD_TEXTS) ? OVERLOADED : FAILED;
    }

    private static boolean says(String text, List<String> phrases) {
        String lower = text.toLowerCase(Locale.ROOT);
        return phrases.stream().anyMatch(lower::contains);
    }

    private static String reason(Throwable failure) {
        @Nullable
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
