package dev.parley.gateway.settings;

import org.jspecify.annotations.Nullable;

/**
 * Why the gateway cannot start, where that is no single setting's fault. The start ends with the message and without a
 * stack trace, so the message is one line for people that says what to do.
 */
public final class StartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StartException(String message) {
        this(message, null);
    }

    public StartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
