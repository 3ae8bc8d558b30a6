package dev.parley.gateway.limits;

import io.micrometer.core.instrument.Counter;

/**
 * A limit that each node keeps for itself and that nobody is told of: for signs that may be dropped, such as typing. Made
 * by {@link RateLimits}.
 */
public final class NodeLimit {

    private final String name;
    private final Rate rate;
    private final LocalBuckets buckets;
    private final Counter refused;

    NodeLimit(String name, Rate rate, LocalBuckets buckets, Counter refused) {
        this.name = name;
        this.rate = rate;
        this.buckets = buckets;
        this.refused = refused;
    }

    /** Counts one more of this caller where there is room, and says whether there was. Never waits. */
    public boolean allows(String caller) {
        if (rate.isUnlimited() || buckets.takeNow(name + ":" + caller, rate).isZero()) {
            return true;
        }
        refused.increment();
        return false;
    }
}
