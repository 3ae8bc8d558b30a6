package dev.parley.gateway.embedded;

import org.jspecify.annotations.Nullable;

/** Why the embedded PostgreSQL cannot be had, in one line that says what to do. */
public final class EmbeddedPostgresException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    EmbeddedPostgresException(String message) {
        this(message, null);
    }

    EmbeddedPostgresException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
