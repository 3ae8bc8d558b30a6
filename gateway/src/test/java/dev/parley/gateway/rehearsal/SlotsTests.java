package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class SlotsTests {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Test
    void letsInSoManyAtOnceAndTheRestInOrder() {
        var slots = new Slots(2);
        List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
        List<Sinks.Empty<Integer>> ends = IntStream.range(0, 5).mapToObj(n -> Sinks.<Integer>empty()).toList();
        List<Disposable> work = IntStream.range(0, 5).mapToObj(n -> slots.hold(() -> {
            begun.add(n);
            return ends.get(n).asMono();
        }).subscribe()).toList();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(begun).containsExactlyInAnyOrder(0, 1));

        ends.get(1).tryEmitEmpty();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(begun).endsWith(2));
        // One who waits leaves, one who works is cancelled, one fails: each slot goes to the next who still waits.
        work.get(3).dispose();
        work.get(0).dispose();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(begun).endsWith(4).doesNotContain(3));
    }

    @Test
    void aSlotIsFreeAgainAfterAFailure() {
        var slots = new Slots(1);

        StepVerifier.create(slots.hold(() -> Mono.error(new IllegalStateException())))
                .expectError(IllegalStateException.class)
                .verify(PATIENCE);

        StepVerifier.create(slots.hold(() -> Mono.just(1))).expectNext(1).expectComplete().verify(PATIENCE);
    }

    @Test
    void turnsAwayWhoeverFindsTooManyWaiting() {
        var slots = new Slots(1);
        Disposable all = Flux.range(0, 1 + Slots.MOST_WAITING)
                .flatMap(n -> slots.hold(Mono::never), 1 + Slots.MOST_WAITING)
                .subscribe();

        StepVerifier.create(slots.hold(() -> Mono.just(1)))
                .expectErrorSatisfies(e -> assertThat(e).isInstanceOfSatisfying(OllamaError.class,
                        error -> assertThat(error.status()).isEqualTo(503)))
                .verify(PATIENCE);

        all.dispose();
        StepVerifier.create(slots.hold(() -> Mono.just(1))).expectNext(1).expectComplete().verify(PATIENCE);
    }

    @Test
    void neverLetsInMore() {
        var slots = new Slots(3);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();

        Flux.range(0, 300).flatMap(n -> slots.hold(() -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            return Mono.delay(Duration.ofMillis(n % 3)).doOnTerminate(inside::decrementAndGet);
        }), 200).as(StepVerifier::create).expectNextCount(300).expectComplete().verify(PATIENCE);

        assertThat(most.get()).isBetween(1, 3);
    }

    @Test
    void manyWhoComeAndGoLoseNoSlot() {
        var slots = new Slots(3);

        Flux.range(0, 500)
                .flatMap(n -> slots.hold(() -> Mono.delay(Duration.ofMillis(n % 3))).take(Duration.ofMillis(n % 50)),
                        200)
                .then()
                .as(StepVerifier::create)
                .expectComplete()
                .verify(PATIENCE);

        List<Sinks.Empty<Integer>> ends = IntStream.range(0, 3).mapToObj(n -> Sinks.<Integer>empty()).toList();
        var begun = new AtomicInteger();
        Disposable three = Flux.range(0, 3).flatMap(n -> slots.hold(() -> {
            begun.incrementAndGet();
            return ends.get(n).asMono();
        })).subscribe();
        await().atMost(PATIENCE).until(() -> begun.get() == 3);
        three.dispose();
    }
}
