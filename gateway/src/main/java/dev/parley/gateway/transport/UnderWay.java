package dev.parley.gateway.transport;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * What one client has asked for and is under way. Its wishes are begun strictly one after the other. Beginning one may leave a
 * rest, such as to wait for a commit, and the next wish is begun beside it. So what has to be in order belongs to the beginning,
 * or to what a rest does at once when it is subscribed to: rests are subscribed to in the order of the wishes.
 *
 * <p>At most so many rests are under way; then no more wishes are taken. Whoever cancels stops to watch the rests.
 */
final class UnderWay {

    private final int most;
    private final AtomicInteger rests = new AtomicInteger();

    /** Who waits until no rest is under way, or has waited. It is one at most: only what is being begun ever waits. */
    private volatile @Nullable MonoSink<Void> waiting;

    UnderWay(int most) {
        this.most = most;
    }

    /**
     * Works on all wishes; ends when everything is done.
     *
     * @param begin emits the rest of a wish where it has one; neither it nor the rest may fail
     */
    <T> Mono<Void> workOn(Flux<T> wishes, Function<T, Mono<Mono<Void>>> begin) {
        return wishes.concatMap(begin).flatMap(this::counted, most).then();
    }

    private Mono<Void> counted(Mono<Void> rest) {
        rests.incrementAndGet();
        return rest.doFinally(end -> {
            rests.decrementAndGet();
            tellWhenNoneIsLeft(waiting);
        });
    }

    /**
     * For a wish that is not to be seen before what was asked for earlier, nor after what is asked for later: its work begins
     * when no rest is under way, and it leaves none.
     */
    Mono<Mono<Void>> alone(Mono<Void> work) {
        return Mono.<Void>create(waits -> {
            waiting = waits;
            tellWhenNoneIsLeft(waits); // the last one may have left before it could see who waits
        }).then(work).then(Mono.empty());
    }

    /** As long as somebody waits nothing is begun, so rests only become fewer: 0 is true also of the moment after. */
    private void tellWhenNoneIsLeft(@Nullable MonoSink<Void> waits) {
        if (waits != null && rests.get() == 0) {
            waits.success();
        }
    }
}
