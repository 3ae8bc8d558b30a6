package dev.parley.gateway.model;

import org.jspecify.annotations.Nullable;

/** Why a model's answer did not come, or not to its end. The message is for the log, not for visitors. */
public final class ModelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Kind kind;

    public ModelException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** The kinds differ in what may be done about them. */
    public enum Kind {
        /** No connection, or one that broke before the model's first byte. */
        UNREACHABLE,
        /** The model says that it has too much to do. It is not broken. */
        BUSY,
        /** The model ran out of something, such as memory or slots: fewer answers at once may help. */
        OVERLOADED,
        /** The server has no such model; another one may have it. */
        MISSING,
        /** The request is wrong: trying again does not help. */
        REFUSED,
        /** The model failed, before its first word or after it. */
        FAILED,
        /** The stream ended, or the connection broke, before the model said that it was done. */
        TRUNCATED
    }
}
