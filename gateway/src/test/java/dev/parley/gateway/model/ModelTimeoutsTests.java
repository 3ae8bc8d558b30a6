package dev.parley.gateway.model;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.test.scheduler.VirtualTimeScheduler;

class ModelTimeoutsTests {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Test
    void aModelThatNeverBeginsIsGivenUp() {
        verify(Flux.never()).thenAwait(Duration.ofSeconds(60)).expectErrorMatches(ModelTimeoutsTests::isSilence)
                .verify(PATIENCE);
    }

    @Test
    void aModelThatStopsInTheMiddleIsGivenUp() {
        verify(Flux.just("a").concatWith(Flux.never())).expectNext("a")
                .expectNoEvent(Duration.ofSeconds(29))
                .thenAwait(Duration.ofSeconds(1))
                .expectErrorMatches(ModelTimeoutsTests::isSilence)
                .verify(PATIENCE);
    }

    @Test
    void silenceCountsFromTheLastWordHoweverEarlyOrLateTheFirstCame() {
        verify(Flux.concat(after(1, "a"), after(29, "b"), after(3, "c"), Flux.never()))
                .thenAwait(Duration.ofSeconds(33)).expectNext("a", "b", "c")
                .expectNoEvent(Duration.ofSeconds(29))
                .thenAwait(Duration.ofSeconds(1))
                .expectErrorMatches(ModelTimeoutsTests::isSilence)
                .verify(PATIENCE);
        verify(Flux.concat(after(59, "late"), Flux.never()))
                .thenAwait(Duration.ofSeconds(59)).expectNext("late")
                .expectNoEvent(Duration.ofSeconds(29))
                .thenAwait(Duration.ofSeconds(1))
                .expectErrorMatches(ModelTimeoutsTests::isSilence)
                .verify(PATIENCE);
    }

    @Test
    void anAnswerThatNeverEndsIsGivenUp() {
        StepVerifier
                .withVirtualTime(
                        () -> limit(Flux.interval(Duration.ofSeconds(1), VirtualTimeScheduler.get()).map(i -> "x")))
                .thenAwait(Duration.ofSeconds(300))
                .expectNextCount(299)
                .thenConsumeWhile(x -> true)
                .expectErrorMatches(error -> error instanceof TimeoutException
                        && String.valueOf(error.getMessage()).contains("longer than PT5M"))
                .verify(PATIENCE);
    }

    @Test
    void whatIsGivenUpIsNotLeftRunning() {
        PublisherProbe<String> silent = PublisherProbe.of(Flux.never());
        verify(silent.flux()).thenAwait(Duration.ofSeconds(60)).expectError(TimeoutException.class).verify(PATIENCE);
        silent.assertWasCancelled();

        VirtualTimeScheduler timer = VirtualTimeScheduler.create();
        PublisherProbe<String> endless = PublisherProbe.of(Flux.interval(Duration.ofSeconds(1), timer).map(i -> "x"));
        ModelTimeouts.total(endless.flux(), Duration.ofMinutes(5), timer).onErrorComplete().subscribe();
        timer.advanceTimeBy(Duration.ofMinutes(5));
        endless.assertWasCancelled();
    }

    @Test
    void anAnswerWithinTheLimitsIsLeftAlone() {
        verify(Flux.just("a", "b")).expectNext("a", "b").expectComplete().verify(PATIENCE);
    }

    private static boolean isSilence(Throwable error) {
        return error instanceof TimeoutException && String.valueOf(error.getMessage()).contains("silent");
    }

    private static StepVerifier.FirstStep<String> verify(Flux<String> stream) {
        return StepVerifier.withVirtualTime(() -> limit(stream));
    }

    private static Flux<String> after(long seconds, String piece) {
        return Flux.defer(() -> Mono.delay(Duration.ofSeconds(seconds), VirtualTimeScheduler.get()).map(rung -> piece)
                .flux());
    }

    private static Flux<String> limit(Flux<String> stream) {
        Scheduler timer = VirtualTimeScheduler.get();
        return ModelTimeouts.total(
                ModelTimeouts.silence(stream, Duration.ofSeconds(60), Duration.ofSeconds(30), timer),
                Duration.ofSeconds(300), timer);
    }
}
