package dev.parley.gateway.dialog;

import java.util.Locale;

/** How an answer ended. */
public enum AnswerEnd {
    DONE, CANCELLED, FAILED, TIMEOUT, HANDOFF;

    /** The name on the wire and in the table. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The end with this name. */
    public static AnswerEnd of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
