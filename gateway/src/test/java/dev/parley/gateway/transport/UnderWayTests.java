package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class UnderWayTests {

    private static final int MOST = 3;

    private final UnderWay underWay = new UnderWay(MOST);
    private final TestPublisher<String> wishes = TestPublisher.createCold();
    /** What was begun, and what it led to, in order. */
    private final List<String> seen = new ArrayList<>();
    private final Map<String, Sinks.Empty<Void>> rests = new HashMap<>();
    private final Sinks.Empty<Void> done = Sinks.empty();

    private void work() {
        underWay.workOn(wishes.flux(), this::begin).subscribe(nothing -> {}, done::tryEmitError, done::tryEmitEmpty);
    }

    /** What begins with an exclamation mark has to be alone; all else leaves a rest, which ends when the test says so. */
    private Mono<Mono<Void>> begin(String wish) {
        if (wish.startsWith("!")) {
            return underWay.alone(Mono.fromRunnable(() -> seen.add(wish)));
        }
        return Mono.just(Mono.defer(() -> {
            seen.add(wish);
            return rest(wish).asMono();
        }));
    }

    private Sinks.Empty<Void> rest(String wish) {
        return rests.computeIfAbsent(wish, unknown -> Sinks.empty());
    }

    private void end(String wish) {
        assertThat(rest(wish).tryEmitEmpty()).isEqualTo(Sinks.EmitResult.OK);
    }

    @Test
    void oneWishDoesNotWaitForTheRestOfTheOneBefore() {
        work();
        wishes.next("a", "b");
        assertThat(seen).containsExactly("a", "b");
        end("b");
        end("a");
    }

    @Test
    void aWishIsNotBegunBeforeTheOneBeforeIsBegun() {
        Sinks.One<Mono<Void>> slow = Sinks.one();
        underWay.workOn(wishes.flux(), wish -> wish.equals("slow") ? slow.asMono() : begin(wish)).subscribe();
        wishes.next("slow", "b", "!c");
        assertThat(seen).isEmpty();
        slow.tryEmitValue(Mono.fromRunnable(() -> seen.add("slow")));
        assertThat(seen).containsExactly("slow", "b");
    }

    @Test
    void whatHasToBeAloneWaitsForAllRestsAndAllWaitsForIt() {
        work();
        wishes.next("a", "b", "!c", "!d", "e");
        end("a");
        assertThat(seen).containsExactly("a", "b");
        end("b");
        assertThat(seen).containsExactly("a", "b", "!c", "!d", "e");
    }

    @Test
    void whatHasToBeAloneIsBegunAtOnceWhereNothingIsUnderWay() {
        work();
        wishes.next("!a");
        assertThat(seen).containsExactly("!a");
    }

    @Test
    void noMoreThanTheBoundAreUnderWay() {
        work();
        wishes.next("a", "b", "c", "d", "e");
        assertThat(seen).containsExactly("a", "b", "c");
        end("b");
        assertThat(seen).containsExactly("a", "b", "c", "d");
        end("d");
        end("a");
        assertThat(seen).containsExactly("a", "b", "c", "d", "e");
    }

    @Test
    void whereTheBoundIsReachedNoMoreWishesAreTaken() {
        AtomicInteger taken = new AtomicInteger();
        underWay.workOn(Flux.range(0, 1_000_000).doOnNext(one -> taken.incrementAndGet()).map(String::valueOf),
                this::begin).subscribe();
        assertThat(seen).hasSize(MOST);
        assertThat(taken).hasValueLessThan(100);
    }

    @Test
    void itEndsWhenEverythingIsDone() {
        work();
        wishes.next("a", "!b").complete();
        StepVerifier.create(done.asMono()).expectSubscription().then(() -> {
            assertThat(seen).containsExactly("a");
            end("a");
        }).expectComplete().verify(Duration.ofSeconds(10));
        assertThat(seen).containsExactly("a", "!b");
    }

    @Test
    void whoCancelsStopsToWatchAndNothingMoreIsBegun() {
        Disposable watching = underWay.workOn(wishes.flux(), this::begin).subscribe();
        wishes.next("a", "b", "!c");
        watching.dispose();
        assertThat(rest("a").currentSubscriberCount()).isZero();
        assertThat(rest("b").currentSubscriberCount()).isZero();
        assertThat(seen).containsExactly("a", "b");
        wishes.assertNoSubscribers();
    }

    /** Rests end on any thread at any time. */
    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void whateverEndsWhenOrderAndBoundHold(@ForAll Random random, @ForAll @IntRange(min = 1, max = 200) int count,
            @ForAll @IntRange(min = 1, max = 8) int most) {
        UnderWay busy = new UnderWay(most);
        AtomicInteger restsUnderWay = new AtomicInteger();
        List<Integer> order = new CopyOnWriteArrayList<>();
        List<String> wrong = new CopyOnWriteArrayList<>();
        boolean[] alone = new boolean[count];
        for (int i = 0; i < count; i++) {
            alone[i] = random.nextInt(4) == 0;
        }
        Mono<Void> all = busy.workOn(Flux.range(0, count), wish -> alone[wish]
                ? busy.alone(Mono.<Void>fromRunnable(() -> {
                    order.add(wish);
                    if (restsUnderWay.get() != 0) {
                        wrong.add(wish + " was not alone");
                    }
                }).subscribeOn(Schedulers.parallel()))
                : Mono.just(Mono.defer(() -> {
                    order.add(wish);
                    if (restsUnderWay.incrementAndGet() > most) {
                        wrong.add(wish + " was one too many");
                    }
                    return Mono.<Void>fromRunnable(restsUnderWay::decrementAndGet).subscribeOn(Schedulers.parallel());
                })));
        StepVerifier.create(all).expectComplete().verify(Duration.ofSeconds(30));
        assertThat(wrong).isEmpty();
        assertThat(order).containsExactlyElementsOf(Flux.range(0, count).collectList().blockOptional().orElseThrow());
        assertThat(restsUnderWay).hasValue(0);
    }
}
