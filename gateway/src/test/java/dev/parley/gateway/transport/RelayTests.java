package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class RelayTests {

    private final List<String> done = new ArrayList<>();

    private Mono<Void> note(String what) {
        return Mono.fromRunnable(() -> done.add(what));
    }

    @Test
    void theSecondWorkBeginsWithWhatTheFirstFoundOut() {
        StepVerifier.create(Relay.of(note("first").thenReturn("found"), this::note)).verifyComplete();
        assertThat(done).containsExactly("first", "found");
    }

    @Test
    void whereTheFirstFindsNothingThereIsNoSecond() {
        StepVerifier.create(Relay.of(Mono.<String>empty(), this::note)).verifyComplete();
        assertThat(done).isEmpty();
    }

    @Test
    void aFailureOfEitherIsThatOfTheWhole() {
        IllegalStateException failure = new IllegalStateException("no");
        StepVerifier.create(Relay.of(Mono.<String>error(failure), this::note)).verifyErrorMatches(failure::equals);
        StepVerifier.create(Relay.of(Mono.just("found"), found -> Mono.error(failure)))
                .verifyErrorMatches(failure::equals);
        StepVerifier.create(Relay.of(Mono.just("found"), found -> {
            throw failure;
        })).verifyErrorMatches(failure::equals);
        assertThat(done).isEmpty();
    }

    @Test
    void whoeverLeavesDuringTheFirstCancelsIt() {
        TestPublisher<String> first = TestPublisher.create();
        Disposable client = Relay.of(first.mono(), this::note).subscribe();
        client.dispose();
        first.assertCancelled();
        assertThat(done).isEmpty();
    }

    @Test
    void whoeverLeavesDuringTheSecondCancelsThat() {
        TestPublisher<String> first = TestPublisher.create();
        TestPublisher<Void> second = TestPublisher.create();
        Disposable client = Relay.of(first.mono(), found -> second.mono()).subscribe();
        first.emit("found");
        second.assertWasSubscribed();
        client.dispose();
        second.assertCancelled();
    }

    @Test
    void whoeverLeftBeforeAnythingBeganIsNotServed() {
        Mono<Void> relay = Relay.of(note("first").thenReturn("found"), this::note);
        relay.subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.cancel();
            }
        });
        assertThat(done).doesNotContain("found");
    }

    @Test
    void nothingOfTheFirstIsHeldDuringTheSecond() {
        Sinks.Empty<Void> second = Sinks.empty();
        Work work = new Work();
        WeakReference<@Nullable Object> held = work.begin(second);
        Awaitility.await().pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
            System.gc();
            assertThat(held.get()).isNull();
        });
        assertThat(work.client.isDisposed()).as("the second goes on").isFalse();
        second.tryEmitEmpty().orThrow();
        assertThat(work.client.isDisposed()).isTrue();
    }

    /** Holds nothing but the subscription. */
    private static final class Work {

        private Disposable client = () -> {};

        WeakReference<@Nullable Object> begin(Sinks.Empty<Void> second) {
            Object found = new Object();
            client = Relay.of(Mono.fromSupplier(() -> found).map(same -> same), same -> second.asMono()).subscribe();
            return new WeakReference<>(found);
        }
    }
}
