package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;

/**
 * Who follows which dialog, and how.
 *
 * @param dialog as it was when access to it was checked
 * @param cursor where the client has come to
 * @param echo whether a visitor wants its own messages, too
 */
record Follower(Audience audience, Session session, Dialog dialog, Cursor cursor, boolean echo) {

    /** The seq after which messages are sent. */
    long since() {
        return cursor.seq();
    }
}
