package dev.parley.gateway.dialog;

import java.util.Locale;

/** Whether somebody is here. */
public enum PresenceStatus {
    /** At least one of their connections follows the dialog. */
    ONLINE,
    /** They have just gone, and may be back soon. */
    AWAY,
    /** They have gone. */
    OFFLINE;

    /** The name on the wire. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
