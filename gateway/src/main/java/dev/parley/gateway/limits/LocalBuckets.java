package dev.parley.gateway.limits;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The buckets of one node, which asks nobody. A bucket is forgotten when it is full again, and at most 100,000 are kept (about 20 MB): a flood
 * from more addresses than that is not for this class to stop, but takes no more memory.
 */
final class LocalBuckets implements Buckets {

    static final int MAX_BUCKETS = 100_000;

    private static final long MILLISECOND = 1_000_000;

    private final Ticker clock;
    private final Cache<String, Long> fullAt;

    LocalBuckets(Ticker clock) {
        this.clock = clock;
        this.fullAt = Caffeine.newBuilder()
                .maximumSize(MAX_BUCKETS)
                .expireAfter(new UntilFull())
                .ticker(clock)
                .executor(Runnable::run)
                .build();
    }

    /** A number of {@link #fullAt} is also the end of its entry. */
    private static final class UntilFull implements Expiry<String, Long> {

        @Override
        public long expireAfterCreate(String bucket, Long fullAt, long now) {
            return Math.max(0, fullAt - now);
        }

        @Override
        public long expireAfterUpdate(String bucket, Long fullAt, long now, long currentDuration) {
            return Math.max(0, fullAt - now);
        }

        @Override
        public long expireAfterRead(String bucket, Long fullAt, long now, long currentDuration) {
            return currentDuration;
        }
    }

    @Override
    public Mono<Duration> take(String bucket, Rate rate) {
        return Mono.fromSupplier(() -> takeNow(bucket, rate));
    }

    @Override
    public Mono<Void> giveBack(String bucket, Rate rate) {
        return Mono.fromRunnable(() -> fullAt.asMap().computeIfPresent(bucket, (name, before) -> {
            long without = before - rate.interval();
            return without - clock.read() > 0 ? without : null;
        }));
    }

    /** As {@link #take}, for those who need no cluster. */
    Duration takeNow(String bucket, Rate rate) {
        Taking taking = new Taking(rate);
        fullAt.asMap().compute(bucket, taking::from);
        return taking.wait;
    }

    /** Whether nothing was taken from it, or not lately. */
    boolean isFull(String bucket) {
        return !fullAt.asMap().containsKey(bucket);
    }

    /** Done while the map holds the bucket, so nobody else takes from it in between. */
    private final class Taking {

        private final Rate rate;
        private Duration wait = Duration.ZERO;

        Taking(Rate rate) {
            this.rate = rate;
        }

        Long from(String bucket, @Nullable Long before) {
            long now = clock.read();
            long missing = before == null ? 0 : Math.max(0, before - now);
            long tooMuch = missing - rate.interval() * (rate.count() - 1);
            if (before != null && tooMuch > 0) {
                wait = Duration.ofMillis(Math.ceilDiv(tooMuch, MILLISECOND));
                return before;
            }
            return now + missing + rate.interval();
        }
    }

    /** How many are not full. */
    long size() {
        fullAt.cleanUp();
        return fullAt.estimatedSize();
    }
}
