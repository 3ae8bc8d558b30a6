package dev.parley.gateway.model;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The time limits of a model's stream. They end it with a {@link TimeoutException} that says which one it was. */
final class ModelTimeouts {

    private ModelTimeouts() {}

    /** Of one try: the longest silences before the first word and between two. */
    static <T> Flux<T> silence(Flux<T> stream, Duration first, Duration idle, Scheduler timer) {
        return Flux.defer(() -> {
            var patience = new Patience(first, idle, timer);
            return giveUp(stream.doOnNext(piece -> patience.renew()), patience.end(),
                    () -> "the model was silent for too long (first word: %s, between words: %s)".formatted(first,
                            idle));
        });
    }

    /** Of all tries together. */
    static <T> Flux<T> total(Flux<T> stream, Duration total, Scheduler timer) {
        return giveUp(stream, Mono.delay(total, timer).then(),
                () -> "the answer took longer than %s".formatted(total));
    }

    /**
     * Cancels the stream at the limit, and fails then. A limit that fails by itself would not do: {@code takeUntilOther}
     * would pass the failure on and leave the stream running.
     */
    private static <T> Flux<T> giveUp(Flux<T> stream, Mono<Void> limit, Supplier<String> why) {
        return Flux.defer(() -> {
            var reached = new AtomicBoolean();
            return stream.takeUntilOther(limit.doOnSuccess(nothing -> reached.set(true)))
                    .concatWith(Mono.defer(() -> reached.get()
                            ? Mono.error(new TimeoutException(why.get()))
                            : Mono.empty()));
        });
    }

    /**
     * How long silence is borne. It sets one timer at a time and looks, when that rings, whether something was heard
     * meanwhile: to set one anew for each word would cost more than to pass the word on.
     */
    private static final class Patience {

        private final Duration idle;
        private final Scheduler timer;
        private volatile long end;

        Patience(Duration first, Duration idle, Scheduler timer) {
            this.idle = idle;
            this.timer = timer;
            this.end = now() + first.toNanos();
        }

        void renew() {
            end = now() + idle.toNanos();
        }

        /** Completes when there was silence for too long, at that moment: no timer is set to ring after the next end. */
        Mono<Void> end() {
            return Mono.defer(() -> Mono.delay(Duration.ofNanos(Math.min(left(), idle.toNanos())), timer))
                    .repeat(() -> left() > 0)
                    .then();
        }

        private long left() {
            return end - now();
        }

        private long now() {
            return timer.now(TimeUnit.NANOSECONDS);
        }
    }
}
