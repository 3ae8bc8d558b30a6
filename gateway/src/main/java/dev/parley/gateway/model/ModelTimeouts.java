package dev.parley.gateway.model;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The time limits of a model's stream. They end it with a {@link TimeoutException} that says which one it was. */
final class ModelTimeouts {

    private ModelTimeouts() {}

    /** Of one try: the longest silences before the first word and between two. */
    static <T> Flux<T> silence(Flux<T> stream, Duration first, Duration idle, Scheduler timer) {
        return stream.timeout(Mono.delay(first, timer), piece -> Mono.delay(idle, timer))
                .onErrorMap(TimeoutException.class,
                        error -> new TimeoutException(
                                "the model was silent for too long (first word: %s, between words: %s)"
                                        .formatted(first, idle)));
    }

    /** Of all tries together. */
    static <T> Flux<T> total(Flux<T> stream, Duration total, Scheduler timer) {
        return stream.takeUntilOther(Mono.delay(total, timer)
                .then(Mono.error(() -> new TimeoutException("the answer took longer than %s".formatted(total)))));
    }
}
