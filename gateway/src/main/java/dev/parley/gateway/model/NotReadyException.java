package dev.parley.gateway.model;

/** The model cannot be asked just now, and was not: it is loading, or no server that has it may be asked. */
public final class NotReadyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public NotReadyException() {
        super("the model is not ready", null, false, false);
    }
}
