package dev.parley.gateway.transport;

import java.util.Locale;

/** The three carriers, in the order in which clients try them. */
enum Transport {
    WEBSOCKET, SSE, POLL;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The name on the wire and in meters. */
    String word() {
        return word;
    }
}
