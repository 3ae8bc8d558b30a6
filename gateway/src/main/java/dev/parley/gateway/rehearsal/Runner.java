package dev.parley.gateway.rehearsal;

import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model in memory. For the event loop alone. */
final class Runner {

    private final String model;
    private final Map<String, Object> options;
    private final Slots slots;
    private Duration keepAlive;
    private final List<Runnable> endings = new ArrayList<>();
    private int users;
    private Instant idleSince = Instant.now();
    private @Nullable Future<?> expiry;

    Runner(String model, Map<String, Object> options, Slots slots, Duration keepAlive) {
        this.model = model;
        this.options = options;
        this.slots = slots;
        this.keepAlive = keepAlive;
    }

    String model() {
        return model;
    }

    Slots slots() {
        return slots;
    }

    Duration keepAlive() {
        return keepAlive;
    }

    boolean isIdle() {
        return users == 0;
    }

    int contextLength() {
        return ((Number) options.getOrDefault("num_ctx", 0)).intValue();
    }

    /** When it will be unloaded if nobody comes; while somebody is here, as though they left now. */
    Instant expiresAt() {
        return (isIdle() ? idleSince : Instant.now()).plus(keepAlive);
    }

    /** Whether it can serve a request with these options, or has to be loaded anew for it. */
    boolean fits(Map<String, Object> wanted) {
        // A number of layers that is left to Ollama is whatever it has chosen.
        return wanted.entrySet().stream().allMatch(option -> option.getValue().equals(options.get(option.getKey()))
                || (option.getKey().equals("num_gpu") && option.getValue() instanceof Number n && n.intValue() < 0));
    }

    /** Somebody begins to use it. */
    void join(@Nullable Duration keepAlive) {
        users++;
        stay();
        if (keepAlive != null) {
            this.keepAlive = keepAlive;
        }
    }

    /** Somebody has used it. */
    void leave() {
        users--;
        idleSince = Instant.now();
    }

    /** It is to go as soon as it is idle. A later request that brings a time of its own still changes that, as in Ollama. */
    void expire() {
        stay();
        keepAlive = Duration.ZERO;
    }

    /** What is to be run when it is gone. */
    void whenGone(Runnable action) {
        endings.add(action);
    }

    void isGone() {
        stay();
        endings.forEach(Runnable::run);
    }

    void goesAt(Future<?> expiry) {
        stay();
        this.expiry = expiry;
    }

    private void stay() {
        if (expiry != null) {
            expiry.cancel(false);
            expiry = null;
        }
    }
}
