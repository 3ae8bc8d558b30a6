package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class ShortMemoryTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final AtomicLong nanos = new AtomicLong();
    private final ShortMemory<String> memory = new ShortMemory<>(nanos::get);
    private final AtomicInteger queries = new AtomicInteger();
    private final Mono<String> query = Mono.fromCallable(() -> "answer " + queries.incrementAndGet());

    @Test
    void aRowIsReadAgainAfterFourSecondsSoThatAChangeCountsWithinFive() {
        expect(memory.get(1, () -> query), "answer 1");
        later(Duration.ofSeconds(3).minusNanos(1));
        expect(memory.get(1, () -> query), "answer 1");
        later(Duration.ofNanos(1));
        expect(memory.get(1, () -> query), "answer 2");
    }

    @Test
    void aRowThatIsAskedForAllTheTimeIsReadAgainAllTheSame() {
        for (int i = 0; i < 40; i++) {
            StepVerifier.create(memory.get(1, () -> query)).expectNextCount(1).expectComplete().verify(TIMEOUT);
            later(Duration.ofMillis(500));
        }

        assertThat(queries).hasValue(7);
    }

    @Test
    void whatTheNodeItselfChangesIsReadAtOnce() {
        expect(memory.get(1, () -> query), "answer 1");
        memory.forget(1);
        expect(memory.get(1, () -> query), "answer 2");
    }

    @Test
    void aReadThatBeganBeforeTheChangeIsNotRemembered() {
        Sinks.One<String> slow = Sinks.one();
        StepVerifier.create(memory.get(1, () -> slow.asMono()))
                .then(() -> memory.forget(1))
                .then(() -> slow.tryEmitValue("old").orThrow())
                .expectNext("old")
                .expectComplete()
                .verify(TIMEOUT);

        expect(memory.get(1, () -> query), "answer 1");
    }

    @Test
    void thatThereIsNoRowIsRememberedToo() {
        Mono<String> none = Mono.<String>empty().doOnSubscribe(_ -> queries.incrementAndGet());

        StepVerifier.create(memory.get(1, () -> none)).expectComplete().verify(TIMEOUT);
        StepVerifier.create(memory.get(1, () -> none)).expectComplete().verify(TIMEOUT);

        assertThat(queries).hasValue(1);
    }

    @Test
    void aFailureIsNotRemembered() {
        StepVerifier.create(memory.get(1, () -> Mono.error(new IllegalStateException("away"))))
                .expectErrorMessage("away")
                .verify(TIMEOUT);

        expect(memory.get(1, () -> query), "answer 1");
    }

    @Test
    void callersShareOneQueryAndNoneOfThemCanCancelIt() {
        Sinks.One<String> slow = Sinks.one();
        AtomicInteger cancelled = new AtomicInteger();
        Mono<String> counted = slow.asMono()
                .doOnSubscribe(_ -> queries.incrementAndGet())
                .doOnCancel(cancelled::incrementAndGet);
        StepVerifier.create(memory.get(1, () -> counted)).thenCancel().verify(TIMEOUT);

        StepVerifier.create(memory.get(1, () -> counted))
                .then(() -> slow.tryEmitValue("shared").orThrow())
                .expectNext("shared")
                .expectComplete()
                .verify(TIMEOUT);

        assertThat(queries).hasValue(1);
        assertThat(cancelled).hasValue(0);
    }

    private void later(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private static void expect(Mono<String> found, String expected) {
        StepVerifier.create(found).expectNext(expected).expectComplete().verify(TIMEOUT);
    }
}
