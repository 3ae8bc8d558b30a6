package dev.parley.gateway.limits;

import dev.parley.gateway.problem.Problem;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** One limit of the house, with a bucket for everybody whom it holds. Made by {@link RateLimits}. */
public final class RateLimit {

    private final String name;
    private final Rate rate;
    private final String refusal;
    private final Buckets buckets;
    private final Counter refused;

    RateLimit(String name, Rate rate, String refusal, Buckets buckets, Counter refused) {
        this.name = name;
        this.rate = rate;
        this.refusal = refusal;
        this.buckets = buckets;
        this.refused = refused;
    }

    /**
     * Counts one more of this caller. Fails with {@link Problem#RATE_LIMITED} and the time after which there will be room,
     * where there is none; what is refused does not count.
     *
     * @param caller absent: somebody whom this limit does not hold
     */
    public Mono<Void> take(@Nullable String caller) {
        return caller == null || rate.isUnlimited()
                ? Mono.empty()
                : buckets.take(bucket(caller), rate).flatMap(wait -> wait.isZero() ? Mono.empty() : refuse(wait));
    }

    /** Somebody who comes to a limit; see {@link #take} for who is held by it. */
    public record Caller(RateLimit limit, @Nullable String name) {

        private boolean isHeld() {
            return name != null && !limit.rate.isUnlimited();
        }

        private Buckets.Token token() {
            return new Buckets.Token(limit.bucket(Objects.requireNonNull(name)), limit.rate);
        }
    }

    public Caller caller(@Nullable String name) {
        return new Caller(this, name);
    }

    /** Counts one more for each of these limits, or for none: fails as {@link #take} of the first one that has no room. */
    public static Mono<Void> takeAll(List<Caller> callers) {
        List<Caller> held = callers.stream().filter(Caller::isHeld).toList();
        if (held.size() < 2) {
            return held.isEmpty() ? Mono.empty() : held.getFirst().limit().take(held.getFirst().name());
        }
        return held.getFirst().limit().buckets.takeAll(held.stream().map(Caller::token).toList())
                .flatMap(taken -> taken.equals(Buckets.Taken.ALL)
                        ? Mono.empty()
                        : held.get(taken.refused()).limit().refuse(taken.until()));
    }

    private Mono<Void> refuse(Duration wait) {
        refused.increment();
        return Mono.error(Problem.RATE_LIMITED.with(refusal).retryAfter(wait));
    }

    /**
     * Does the work where there is room for one more: {@link #take}, then {@link #settle}.
     *
     * @param caller as that of {@link #take}
     */
    public <T> Mono<T> count(@Nullable String caller, Mono<T> work, Predicate<T> counts) {
        return take(caller).then(settle(caller, work, counts));
    }

    /**
     * Does the work for which one was taken. What fails, or turns out not to count, is given back when it has ended. Until
     * then it does count, so nobody has more under way at once than the limit allows. What is cancelled counts.
     *
     * @param caller as that of {@link #take}
     */
    public <T> Mono<T> settle(@Nullable String caller, Mono<T> work, Predicate<T> counts) {
        if (caller == null || rate.isUnlimited()) {
            return work;
        }
        Mono<Void> giveBack = buckets.giveBack(bucket(caller), rate);
        return work.delayUntil(done -> counts.test(done) ? Mono.empty() : giveBack)
                .onErrorResume(error -> giveBack.then(Mono.error(error)));
    }

    private String bucket(String caller) {
        return name + ":" + caller;
    }
}
