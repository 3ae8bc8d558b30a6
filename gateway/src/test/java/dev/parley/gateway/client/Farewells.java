package dev.parley.gateway.client;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a client was told of nodes that go away, and what it noticed that nobody had told it. Safe for all threads. */
public final class Farewells {

    /** What a socket is closed with that was told to come back (RFC 6455 calls it a service that restarts). */
    private static final int SERVICE_RESTART = 1012;

    private final List<String> surprises = new CopyOnWriteArrayList<>();
    private volatile int count;
    private volatile @Nullable Long backAt;

    synchronized void told(JsonNode goodbye) {
        count++;
        backAt = System.nanoTime() + Duration.ofMillis(goodbye.path("reconnect_after_ms").asLong()).toNanos();
    }

    /** A link has ended. Returns how long its client stays away as it was told; absent where it was told nothing. */
    synchronized @Nullable Duration ended(Carrier carrier, boolean opened, IOException how) {
        Long due = backAt;
        backAt = null;
        if (due == null && carrier == Carrier.POLL && !(how instanceof RefusedException)) {
            return Duration.ZERO; // HTTP lets servers end connections between two requests, and clients come again
        }
        if (due == null) {
            surprised(carrier + (opened ? " ended" : " was not opened"), how);
            return null;
        }
        if (how instanceof ClosedException closed && closed.code() != SERVICE_RESTART) {
            surprised("after its goodbye a " + carrier + " was closed", how);
        }
        return Duration.ofNanos(Math.max(0, due - System.nanoTime()));
    }

    /** A request has failed. That its connection has ended happens between any two requests; it is sent again. */
    void failed(String request, IOException how) {
        if (how instanceof RefusedException) {
            surprised(request + " was refused", how);
        }
    }

    private void surprised(String where, IOException what) {
        surprises.add(where + ": " + what);
    }

    /** So many goodbyes. */
    public int count() {
        return count;
    }

    /** Links that ended without a goodbye, and requests that were refused. */
    public List<String> surprises() {
        return List.copyOf(surprises);
    }
}
