package dev.parley.gateway.transport;

import dev.parley.gateway.limits.OwnLimit;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimits;
import org.springframework.stereotype.Component;

/**
 * How much a client may send over one WebSocket, whatever it is. A client that comes back may subscribe to all that it
 * follows at once, and tell how far it has read in each.
 */
@Component
final class FrameLimit {

    /** So many frames in a row may find no room before the connection is closed. */
    static final int TOLERATED = 100;

    /** What most frames take, and what is no message, such as a sign of life or a part of one. */
    static final int ONE = 1;

    /** It costs queries, and a replay. */
    private static final int SUBSCRIPTION = 4;

    private final OwnLimit limit;

    FrameLimit(ConnectionSettings settings, RateLimits limits) {
        this.limit = limits.ofOwners("frames", Rate.perMinute(settings.framesPerMinute()));
    }

    /** For a connection. */
    OwnLimit.Bucket newBucket() {
        return limit.newBucket();
    }

    /** How many of the bucket the frame takes. */
    static int cost(ClientFrame frame) {
        return frame instanceof ClientFrame.Subscribe ? SUBSCRIPTION : ONE;
    }
}
