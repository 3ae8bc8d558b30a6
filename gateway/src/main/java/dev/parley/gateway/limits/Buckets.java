package dev.parley.gateway.limits;

import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Where token buckets are kept: a port, since the nodes of a cluster have to share them. A bucket that nobody has taken
 * from, or not for long enough, is full and need not be kept at all. All that is to be known of another is one number, the
 * time at which it will be full again: each token taken puts it off by one interval, and there is a token as long as it
 * lies less than the whole burst ahead.
 *
 * <p>Each call is one step, whoever else takes from the bucket meanwhile, and is made when it is subscribed to, once for each
 * subscription. Where buckets are kept elsewhere, a call may fail or take its time; what was asked for may have been done all
 * the same, and so it may where the subscriber has left. All buckets may be full at any time, since whoever keeps them may
 * forget. Nobody takes from a bucket at two rates, or at one that {@linkplain Rate#isUnlimited() is none}.
 */
public interface Buckets {

    /**
     * Takes a token from the bucket with this name.
     *
     * @return {@link Duration#ZERO} where one was taken, else when there will be one, in whole milliseconds, rounded up;
     *         nothing is taken then
     */
    Mono<Duration> take(String bucket, Rate rate);

    /** One token of the bucket with this name. */
    record Token(String bucket, Rate rate) {}

    /**
     * What came of taking several.
     *
     * @param refused which of them was not there, counted from 0; -1 where all were taken
     * @param until there will be that one, as {@link #take} has it; {@link Duration#ZERO} where all were taken
     */
    record Taken(int refused, Duration until) {

        public static final Taken ALL = new Taken(-1, Duration.ZERO);
    }

    /**
     * Takes all of these tokens, each from another bucket, or none. Where it cannot be done in one step, others may find
     * a token missing for a moment that is put back.
     */
    default Mono<Taken> takeAll(List<Token> tokens) {
        return takeFrom(tokens, 0);
    }

    private Mono<Taken> takeFrom(List<Token> tokens, int number) {
        if (number == tokens.size()) {
            return Mono.just(Taken.ALL);
        }
        Token token = tokens.get(number);
        return take(token.bucket(), token.rate()).flatMap(wait -> wait.isZero()
                ? takeFrom(tokens, number + 1).delayUntil(rest -> rest.equals(Taken.ALL)
                        ? Mono.empty()
                        : giveBack(token.bucket(), token.rate()))
                : Mono.just(new Taken(number, wait)));
    }

    /** Puts back a token that was taken, as if it had not been. A bucket that is full stays as it is. */
    Mono<Void> giveBack(String bucket, Rate rate);
}
