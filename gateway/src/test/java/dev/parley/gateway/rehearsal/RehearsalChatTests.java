package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.rehearsal.OllamaFormat.ChatRequest;
import dev.parley.gateway.rehearsal.OllamaFormat.Message;
import dev.parley.gateway.rehearsal.RehearsalChat.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The pace of an answer, in virtual time. */
class RehearsalChatTests {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final RehearsalSettings SETTINGS = RehearsalSettings.defaults()
            .withTokensPerSecond(10)
            .withFirstToken(Duration.ofSeconds(2));

    @Test
    void theFirstTokenTakesItsTimeAndTheOthersComeAtTheirRateGiveOrTakeATenth() {
        List<Long> times = times(SETTINGS, "/long 50");

        assertThat(times).hasSize(51);
        assertThat(times.getFirst()).isEqualTo(2_000);
        for (int n = 1; n < 50; n++) {
            assertThat(times.get(n) - times.get(n - 1)).as("pause before token " + n).isBetween(89L, 111L);
        }
        assertThat(times.subList(0, 50)).as("not all of one length")
                .isNotEqualTo(times(SETTINGS.withSeed(2), "/long 50").subList(0, 50));
    }

    @Test
    void anAnswerThatIsHeldGoesOnWhereItStoodOnceItMay() {
        Sinks.Empty<Void> gate = Sinks.empty();
        var request = new ChatRequest("m", List.of(new Message("user", "/long 4")), null, Map.of(), null);
        var chat = new RehearsalChat(quick(),
                new RehearsalRunner(quick()), request, new Fault.Holds(Map.of(2, gate.asMono())), 1);
        StepVerifier.create(chat.steps().map(step -> step instanceof Step.Text text ? text.text() : "end"))
                .expectNext("word1", " word2")
                .expectNoEvent(Duration.ofMillis(100))
                .then(gate::tryEmitEmpty)
                .expectNext(" word3", " word4", "end")
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void theSameSeedGivesTheSamePace() {
        assertThat(times(SETTINGS, "/long 20")).isEqualTo(times(SETTINGS, "/long 20"));
    }

    @Test
    void aRateOfZeroIsWithoutPauses() {
        assertThat(times(SETTINGS.withTokensPerSecond(0).withFirstToken(Duration.ZERO), "/long 20")).hasSize(21)
                .containsOnly(0L);
    }

    @Test
    void aColdModelLoadsFirstAndAWarmOneDoesNot() {
        var runner = new RehearsalRunner(SETTINGS.withLoad(Duration.ofSeconds(30)));

        assertThat(times(runner, SETTINGS, "/long 1").getFirst()).isEqualTo(32_000);
        assertThat(times(runner, SETTINGS, "/long 1").getFirst()).isEqualTo(2_000);
        runner.unload();
        assertThat(times(runner, SETTINGS, "/long 1").getFirst()).isEqualTo(32_000);
    }

    @Test
    void aLoadWhoseClientLeavesBeginsAnewForTheNext() {
        StepVerifier.withVirtualTime(() -> {
            var runner = new RehearsalRunner(SETTINGS.withLoad(Duration.ofSeconds(30)));
            Flux<Step> first = chat(runner, SETTINGS, "/long 1").take(Duration.ofSeconds(20));
            Flux<Step> second = chat(runner, SETTINGS, "/long 1");
            return first.mergeWith(second);
        })
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(20 + 30 + 2))
                .expectNextCount(2)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anotherContextSizeLoadsTheModelAnew() {
        var runner = new RehearsalRunner(SETTINGS.withLoad(Duration.ofSeconds(30)));
        times(runner, SETTINGS, "/long 1");

        var request = new ChatRequest("m", List.of(new Message("user", "/long 1")), null, Map.of("num_ctx", 8192),
                null);
        StepVerifier.withVirtualTime(() -> new RehearsalChat(SETTINGS, runner, request, null, 1).steps())
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(32))
                .expectNextCount(2)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anAnswerStopsAtNumPredict() {
        var request = new ChatRequest("m", List.of(new Message("user", "/long 100")), null, Map.of("num_predict", 3),
                null);

        List<Step> steps = new RehearsalChat(quick(), new RehearsalRunner(quick()), request, null, 1).steps()
                .collectList()
                .blockOptional(PATIENCE)
                .orElseThrow();

        assertThat(steps).hasSize(4).last().isInstanceOfSatisfying(Step.Last.class, last -> {
            assertThat(last.reason()).isEqualTo("length");
            assertThat(last.metrics().evalCount()).isEqualTo(3);
        });
    }

    private static List<Long> times(RehearsalSettings settings, String message) {
        return times(new RehearsalRunner(settings), settings, message);
    }

    /** When each step comes, in milliseconds of virtual time. */
    private static List<Long> times(RehearsalRunner runner, RehearsalSettings settings, String message) {
        VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
        try {
            long begin = time.now(TimeUnit.MILLISECONDS);
            var times = new ArrayList<Long>();
            var done = chat(runner, settings, message)
                    .doOnNext(step -> times.add(time.now(TimeUnit.MILLISECONDS) - begin))
                    .subscribe();
            time.advanceTimeBy(Duration.ofMinutes(5));
            assertThat(done.isDisposed()).as("is over").isTrue();
            return times;
        } finally {
            VirtualTimeScheduler.reset();
        }
    }

    private static Flux<Step> chat(RehearsalRunner runner, RehearsalSettings settings, String message) {
        var request = new ChatRequest("m", List.of(new Message("user", message)), null, null, null);
        return new RehearsalChat(settings, runner, request, null, 1).steps();
    }

    private static RehearsalSettings quick() {
        return SETTINGS.withTokensPerSecond(0).withFirstToken(Duration.ZERO);
    }
}
