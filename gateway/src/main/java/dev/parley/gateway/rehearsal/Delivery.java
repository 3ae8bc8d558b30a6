package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.Speech.Piece;
import io.netty.channel.ChannelFuture;
import org.jspecify.annotations.Nullable;

/**
 * How an answer reaches its client: line by line, or all at once. What ends it is only made ready, and sent by what comes
 * back: the client may be gone the moment it has it, and that it was answered must be known before. For the event loop alone.
 */
interface Delivery {

    /** Says something; what comes back is done when the socket has it, and nothing where there is nothing to wait for. */
    @Nullable
    ChannelFuture piece(Piece piece);

    /** Says something that is no JSON. */
    @Nullable
    ChannelFuture garbage();

    /** Sends what was kept back to go with what follows. */
    void flush();

    /** Ends as it should. */
    Runnable last(Speech speech, Metrics metrics);

    /** Ends with words of a failure. */
    Runnable failure(String text);

    /** Ends without a last line, after half of one if that is wished. */
    Runnable end(@Nullable Piece half);

    /** Ends before it has begun. */
    Runnable refuse(int status, String text);

    /** Gives up what was kept back, for the client has gone. */
    void drop();

    Reply reply();
}
