package dev.parley.gateway.dialog;

import java.util.Locale;

/** What an answer waits for, where it is more than its turn. */
public enum WaitPhase {
    /** The model is being loaded. */
    LOADING,
    /** No server that has the model can be asked. */
    UNAVAILABLE;

    /** The word on the wire. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
