package dev.parley.gateway;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link HostileProxy} does to connections. Starts from {@link #good()}; each method adds one vice, and vices can be
 * combined.
 *
 * @param refusal the status with which handshakes of WebSockets are refused; 0: they are not
 * @param stripsUpgrade whether a handshake arrives at the gateway as a plain GET
 * @param holdBack so many bytes of a response's body are gathered before any of them goes on; 0: none
 * @param delay before each chunk, in both directions
 * @param idle after so long without a byte in either direction the connection is cut
 * @param bytes after so many bytes of the response comes the {@code fate}
 * @param ofBody whether these are counted from the end of the response's head, as all of a WebSocket's frames are
 */
public record Behaviour(int refusal, boolean stripsUpgrade, long holdBack, Duration delay, @Nullable Duration idle,
        long bytes, boolean ofBody, @Nullable Fate fate) {

    /** How a connection comes to harm. */
    public enum Fate {
        /** Both sides are closed. */
        CUT,
        /** Nothing goes on any more, in either direction, and nobody is told. */
        BLACK_HOLE,
        /** The client is told that nothing more comes (FIN), and may still send. */
        HALF_CLOSE_TO_CLIENT,
        /** The gateway is told that nothing more comes; the client is told nothing, and hears nothing. */
        HALF_CLOSE_TO_SERVER
    }

    public static Behaviour good() {
        return new Behaviour(0, false, 0, Duration.ZERO, null, 0, false, null);
    }

    /** Handshakes of WebSockets get an answer with this status, such as 400, 403 or 502. */
    public Behaviour refusingUpgrades(int status) {
        return new Behaviour(status, false, holdBack, delay, idle, bytes, ofBody, fate);
    }

    public Behaviour strippingUpgrades() {
        return new Behaviour(0, true, holdBack, delay, idle, bytes, ofBody, fate);
    }

    /** A response's head goes on at once, its body only by so many bytes at a time, or when it is complete. */
    public Behaviour bufferingUntil(long size) {
        return new Behaviour(refusal, stripsUpgrade, size, delay, idle, bytes, ofBody, fate);
    }

    /** As {@link #bufferingUntil}, and never enough. */
    public Behaviour bufferingForEver() {
        return bufferingUntil(Long.MAX_VALUE);
    }

    public Behaviour delayingEachChunkBy(Duration time) {
        return new Behaviour(refusal, stripsUpgrade, holdBack, time, idle, bytes, ofBody, fate);
    }

    public Behaviour cuttingWhenIdleFor(Duration time) {
        return new Behaviour(refusal, stripsUpgrade, holdBack, delay, time, bytes, ofBody, fate);
    }

    /** Exactly so many bytes of the response's body go on. */
    public Behaviour afterBytesOfBody(long count, Fate what) {
        return new Behaviour(refusal, stripsUpgrade, holdBack, delay, idle, count, true, what);
    }

    /** Exactly so many bytes of the response go on, its head among them. */
    public Behaviour afterBytes(long count, Fate what) {
        return new Behaviour(refusal, stripsUpgrade, holdBack, delay, idle, count, false, what);
    }

    /** Connections are accepted, all that comes is read, and nothing ever happens. */
    public Behaviour blackHole() {
        return afterBytes(0, Fate.BLACK_HOLE);
    }

    boolean swallowsAll() {
        return fate == Fate.BLACK_HOLE && bytes == 0 && !ofBody;
    }
}
