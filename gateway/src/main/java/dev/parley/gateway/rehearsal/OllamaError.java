package dev.parley.gateway.rehearsal;

/** An error that is answered with a status and Ollama's {@code {"error":…}}, for nothing has been sent yet. */
final class OllamaError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    OllamaError(int status, String text) {
        super(text, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
