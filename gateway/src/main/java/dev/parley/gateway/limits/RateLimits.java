package dev.parley.gateway.limits;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.scheduler.Schedulers;

/** Makes the limits of the house, each where its business is, and knows how often each has refused somebody. */
@Component
public final class RateLimits {

    private final Buckets buckets;
    private final LocalBuckets ofThisNode;
    private final MeterRegistry meters;
    private final Map<String, Counter> refused = new ConcurrentHashMap<>();

    @Autowired
    RateLimits(MeterRegistry meters, ObjectProvider<Buckets> shared) {
        this(meters, Ticker.systemTicker(), shared.getIfAvailable());
    }

    /**
     * Of a gateway that is one node.
     *
     * @param clock counts nanoseconds
     */
    public RateLimits(MeterRegistry meters, Ticker clock) {
        this(meters, clock, null);
    }

    /**
     * @param clock counts nanoseconds
     * @param shared by all nodes; absent: this is the only one
     */
    public RateLimits(MeterRegistry meters, Ticker clock, @Nullable Buckets shared) {
        this.meters = meters;
        this.ofThisNode = new LocalBuckets(clock);
        this.buckets = shared == null
                ? ofThisNode
                : new SharedBuckets(shared, ofThisNode, decidedHere(meters), clock, Schedulers.parallel());
    }

    private static Counter decidedHere(MeterRegistry meters) {
        return Counter.builder("parley.limits.local")
                .description("Decisions of this node alone, since the limits that nodes share were away")
                .register(meters);
    }

    /**
     * One that holds for all nodes together.
     *
     * @param name in one word, as meters and statistics have it
     * @param refusal what whoever is refused is told
     */
    public RateLimit limit(String name, Rate rate, String refusal) {
        return new RateLimit(name, rate, refusal, buckets, counter(name));
    }

    /** @param name as that of {@link #limit} */
    public NodeLimit onThisNode(String name, Rate rate) {
        return new NodeLimit(name, rate, ofThisNode, counter(name));
    }

    /**
     * One for what is on one node anyway.
     *
     * @param name as that of {@link #limit}
     */
    public OwnLimit ofOwners(String name, Rate rate) {
        return new OwnLimit(rate, counter(name));
    }

    private Counter counter(String name) {
        return refused.computeIfAbsent(name, unknown -> Counter.builder("parley.limits.refused")
                .description("What was refused by a limit")
                .tag("limit", unknown)
                .register(meters));
    }

    /** How often each limit has refused something on this node since it started, by the limit's name. */
    public Map<String, Long> refused() {
        Map<String, Long> counts = new TreeMap<>();
        refused.forEach((name, counter) -> counts.put(name, (long) counter.count()));
        return counts;
    }
}
