package dev.parley.gateway.problem;

/**
 * The codes that tell a client what went wrong (PROTOCOL section 6). A code is the same on every transport; {@link #status()}
 * is what HTTP answers with it and {@link #close()} what a WebSocket is closed with where the connection cannot live on.
 */
public enum Problem {

    UNAUTHORIZED(401, 4401, "You are not signed in, or no longer"),
    FORBIDDEN(403, 4403, "You may not do this"),
    NOT_FOUND(404, 4404, "There is no such thing"),
    METHOD_NOT_ALLOWED(405, 1008, "This cannot be done here"),
    BAD_REQUEST(400, 1008, "The request is not understood"),
    BAD_FRAME(400, 1008, "The frame is not understood"),
    TOO_LARGE(413, 1009, "That is too large"),
    CONFLICT(409, 1008, "That does not fit the present state"),
    RATE_LIMITED(429, 4429, "Too many requests"),
    TOO_MANY_CONNECTIONS(503, 1013, "Too many connections"),
    QUEUE_FULL(503, 1013, "The assistant has too many questions waiting"),
    MODEL_UNAVAILABLE(503, 1013, "The assistant cannot be reached"),
    UNAVAILABLE(503, 1012, "The service is away for a moment"),
    INTERNAL_ERROR(500, 1011, "Something went wrong on our side");

    private final int status;
    private final int close;
    private final String title;

    Problem(int status, int close, String title) {
        this.status = status;
        this.close = close;
        this.title = title;
    }

    /** The name on the wire, such as {@code not_found}. */
    public String code() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    public int status() {
        return status;
    }

    public int close() {
        return close;
    }

    /** A sentence for people, the same for every case of this code. */
    public String title() {
        return title;
    }

    public ProblemException with(String detail) {
        return new ProblemException(this, detail, null);
    }

    public ProblemException exception() {
        return new ProblemException(this, null, null);
    }
}
