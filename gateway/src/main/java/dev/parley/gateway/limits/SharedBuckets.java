package dev.parley.gateway.limits;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The buckets that all nodes share, and those of this node while the shared ones cannot be asked. Never fails, and nobody
 * waits for long: after a failure, or where no answer comes, everybody is held by this node's buckets for a second, and then
 * one tries for all whether the shared ones are there again.
 *
 * <p>A token is given back to where it was taken. Nobody keeps a note of that, since a bucket of this node that is not full
 * tells it: only what was taken here is missing there. Where a caller has taken of both within so short a time, one of the two
 * buckets may get what is the other's; both fill by themselves. What is to be given back to a shared bucket that is away, or
 * was taken by a call that nobody waited for any longer, counts until then.
 */
final class SharedBuckets implements Buckets {

    static final Duration PATIENCE = Duration.ofMillis(250);
    static final Duration PAUSE = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(SharedBuckets.class);

    private final Buckets shared;
    private final LocalBuckets local;
    private final Counter decidedHere;
    private final Ticker clock;
    private final Scheduler timer;

    private final AtomicBoolean away = new AtomicBoolean();
    /** By the {@link #clock}; only of interest while they are {@link #away}. */
    private final AtomicLong askAgainAt = new AtomicLong();

    /**
     * @param decidedHere how often somebody was held by the local ones
     * @param clock counts nanoseconds
     * @param timer for as long as the shared ones are waited for
     */
    SharedBuckets(Buckets shared, LocalBuckets local, Counter decidedHere, Ticker clock, Scheduler timer) {
        this.shared = shared;
        this.local = local;
        this.decidedHere = decidedHere;
        this.clock = clock;
        this.timer = timer;
    }

    @Override
    public Mono<Duration> take(String bucket, Rate rate) {
        return Mono.defer(() -> mayAsk()
                ? ask(shared.take(bucket, rate)).onErrorResume(_ -> takeHere(bucket, rate))
                : takeHere(bucket, rate));
    }

    @Override
    public Mono<Taken> takeAll(List<Token> tokens) {
        return Mono.defer(() -> mayAsk()
                ? ask(shared.takeAll(tokens)).onErrorResume(_ -> takeAllHere(tokens))
                : takeAllHere(tokens));
    }

    @Override
    public Mono<Void> giveBack(String bucket, Rate rate) {
        return Mono.defer(() -> {
            if (!local.isFull(bucket)) {
                return local.giveBack(bucket, rate);
            }
            return mayAsk() ? ask(shared.giveBack(bucket, rate)).onErrorComplete() : Mono.empty();
        });
    }

    private Mono<Duration> takeHere(String bucket, Rate rate) {
        decidedHere.increment();
        return local.take(bucket, rate);
    }

    private Mono<Taken> takeAllHere(List<Token> tokens) {
        decidedHere.increment();
        return local.takeAll(tokens);
    }

    private <T> Mono<T> ask(Mono<T> call) {
        return call.timeout(PATIENCE, timer).doOnError(this::failed).doOnSuccess(_ -> answered());
    }

    /** Always while they are there; else one caller each time, so that nobody else waits for what may not answer. */
    private boolean mayAsk() {
        if (!away.get()) {
            return true;
        }
        long now = clock.read();
        long at = askAgainAt.get();
        return now - at >= 0 && askAgainAt.compareAndSet(at, now + PAUSE.toNanos());
    }

    private void failed(Throwable error) {
        askAgainAt.set(clock.read() + PAUSE.toNanos());
        if (away.compareAndSet(false, true)) {
            log.warn("Limits hold for this node alone until those that nodes share can be asked again: {}",
                    error.toString());
        }
    }

    private void answered() {
        if (away.get() && away.compareAndSet(true, false)) {
            log.info("Limits hold for all nodes together again");
        }
    }
}
