package dev.parley.gateway.limits;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.List;

class LocalBucketsContractTests extends BucketsContract {

    private final Buckets buckets = new LocalBuckets(Ticker.systemTicker());

    @Override
    protected List<Buckets> nodes() {
        return List.of(buckets);
    }
}
