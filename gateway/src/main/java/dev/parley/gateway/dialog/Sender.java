package dev.parley.gateway.dialog;

import java.util.Locale;

/** Who a message is from. */
public enum Sender {
    /** The visitor or site user. */
    USER,
    /** The model. */
    ASSISTANT,
    /** A human operator. */
    MANAGER,
    /** Nobody: something happened to the dialog. */
    SYSTEM;

    /** The name on the wire and in the table. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Sender of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
