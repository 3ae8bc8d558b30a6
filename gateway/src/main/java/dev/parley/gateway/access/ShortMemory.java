package dev.parley.gateway.access;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Rows that are asked for with every request, remembered for three seconds, so that a change made on any node counts
 * everywhere within five, for open connections, too, which are looked after once a second. Callers that ask at the same
 * time share one query, and none of them can cancel it. A failed query is not remembered.
 */
final class ShortMemory<T> {

    private static final Duration TIME = Duration.ofSeconds(3);
    private static final int MAX_ROWS = 10_000;

    private final AsyncCache<Long, Optional<T>> rows;

    ShortMemory() {
        this(Ticker.systemTicker());
    }

    ShortMemory(Ticker clock) {
        rows = Caffeine.newBuilder().maximumSize(MAX_ROWS).expireAfterWrite(TIME).ticker(clock)
                .executor(Runnable::run) // to wake another thread costs more than what it would do
                .buildAsync();
    }

    /** The row with this id, read by a query where it is not remembered; that there is none is remembered, too. */
    Mono<T> get(long id, Supplier<Mono<T>> query) {
        return Mono.defer(() -> {
            CompletableFuture<Optional<T>> row = rows.get(id,
                    (_, _) -> query.get().map(Optional::of).defaultIfEmpty(Optional.empty()).toFuture());
            return row.state() == Future.State.SUCCESS
                    ? Mono.justOrEmpty(row.resultNow()) // for most who ask: a future costs more than all the rest
                    : Mono.fromFuture(row, true).flatMap(Mono::justOrEmpty);
        });
    }

    /** For the node that changes a row: it need not wait to see the change. */
    void forget(long id) {
        rows.synchronous().invalidate(id);
    }
}
