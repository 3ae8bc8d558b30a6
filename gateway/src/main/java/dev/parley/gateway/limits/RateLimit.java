package dev.parley.gateway.limits;

import dev.parley.gateway.problem.Problem;
import io.micrometer.core.instrument.Counter;
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
     */
    public Mono<Void> take(String caller) {
        if (rate.isUnlimited()) {
            return Mono.empty();
        }
        return buckets.take(bucket(caller), rate).flatMap(wait -> {
            if (wait.isZero()) {
                return Mono.empty();
            }
            refused.increment();
            return Mono.error(Problem.RATE_LIMITED.with(refusal).retryAfter(wait));
        });
    }

    /** What was taken was not needed after all. */
    public Mono<Void> giveBack(String caller) {
        return rate.isUnlimited() ? Mono.empty() : buckets.giveBack(bucket(caller), rate);
    }

    private String bucket(String caller) {
        return name + ":" + caller;
    }
}
