package dev.parley.gateway.limits;

import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Where token buckets are kept: a port, since the nodes of a cluster have to share them. A bucket that nobody has taken
 * from, or not for long enough, is full and need not be kept at all. All that is to be known of another is one number, the
 * time at which it will be full again: each token taken puts it off by one interval, and there is a token as long as it
 * lies less than the whole burst ahead.
 */
interface Buckets {

    /**
     * Takes a token from the bucket with this name.
     *
     * @return {@link Duration#ZERO} where one was taken, else when there will be one, in whole milliseconds; nothing is
     *         taken then
     */
    Mono<Duration> take(String bucket, Rate rate);

    /** Puts back a token that was taken, as if it had not been. */
    Mono<Void> giveBack(String bucket, Rate rate);
}
