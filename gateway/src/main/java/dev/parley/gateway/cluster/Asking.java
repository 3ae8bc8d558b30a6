package dev.parley.gateway.cluster;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A question to the other nodes, and how many have replied. Replies may come before it is known how many there will be. */
final class Asking {

    /** Longer than anybody waits for the replies; one that was counted may have died before it could reply. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Sinks.Empty<Void> all = Sinks.empty();
    private long missing = Long.MAX_VALUE / 2;

    /** Completes when so many have replied, or when that takes too long. */
    Mono<Void> expect(long replies) {
        count(Long.MAX_VALUE / 2 - replies);
        return all.asMono().timeout(PATIENCE, Mono.empty());
    }

    void replied() {
        count(1);
    }

    private synchronized void count(long less) {
        missing -= less;
        if (missing <= 0) {
            all.tryEmitEmpty(); // told before where more reply than were expected
        }
    }
}
