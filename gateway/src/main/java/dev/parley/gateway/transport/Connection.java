package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import java.time.Duration;
import java.util.stream.LongStream;
import org.springframework.web.reactive.socket.CloseStatus;

/** One open connection, as the sweep of {@link Connections} sees it. Safe for all threads; no call waits. */
interface Connection {

    Transport transport();

    Audience audience();

    /** Whose it is. */
    Caller caller();

    /** The dialogs that it follows now. */
    LongStream dialogs();

    /**
     * Does what is due: beats, and closes what has been silent, stuck or without a valid token for too long. Called once a
     * second for each connection of the node, so it looks at as little memory as it can.
     *
     * @param now milliseconds since the epoch
     */
    void tend(long now);

    /** Tells the client to come back after a while, to any node, and closes. */
    void leave(Duration reconnectAfter);

    /** Closes: politely at first, and hard where the client does not take that. Only the first reason counts. */
    void close(CloseStatus reason);
}
