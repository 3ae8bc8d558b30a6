package dev.parley.gateway.transport;

import java.time.Instant;
import org.springframework.web.reactive.socket.CloseStatus;

/** One open connection, as the sweep of {@link Connections} sees it. Safe for all threads; no call waits. */
interface Connection {

    /** What meters tell connections apart by. */
    String transport();

    /** As {@link #transport()}. */
    String audience();

    /** Does what is due now: beats, and closes what has been silent, stuck or without a valid token for too long. */
    void tend(Instant now);

    /** Closes: politely at first, and hard where the client does not take that. Only the first reason counts. */
    void close(CloseStatus reason);
}
