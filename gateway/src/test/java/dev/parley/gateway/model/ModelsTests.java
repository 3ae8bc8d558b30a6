package dev.parley.gateway.model;

import static dev.parley.gateway.model.FakeServer.failing;
import static dev.parley.gateway.model.FakeServer.saying;
import static dev.parley.gateway.model.FakeServer.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelException.Kind;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

class ModelsTests {

    private static final ModelName LLAMA = new ModelName(ModelKind.OLLAMA, "llama3.2");
    private static final List<Turn> TURNS = List.of(new Turn(Role.USER, "hello"));

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final FakeServer one = FakeServer.warm("http://one");
    private final FakeServer two = FakeServer.warm("http://two");

    private Models models(FakeServer... servers) {
        return new Models(List.of(servers),
                new ModelLimits(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(300),
                        Duration.ofSeconds(300), 2, Duration.ofMinutes(30), true, 5),
                5, meters, clock);
    }

    /** What comes of asking. */
    private static final class Asked {

        final List<String> words = new ArrayList<>();
        final Disposable subscription;
        Throwable error = new AssertionError("has not failed");
        boolean done;
        boolean failed;

        Asked(Flux<ModelEvent> answer) {
            subscription = answer.subscribe(event -> {
                if (event instanceof ModelEvent.Text(String text)) {
                    words.add(text);
                }
            }, failure -> {
                failed = true;
                error = failure;
            }, () -> done = true);
        }
    }

    private static Asked ask(Models models) {
        return new Asked(models.chat(LLAMA, TURNS, new Tries()));
    }

    private static Models warm(Models models) {
        models.want(LLAMA);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
        return models;
    }

    private static void assertStatus(Models models, String state) {
        assertThat(models.status()).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(state);
            assertThat(status.inFlight()).isZero();
        });
    }

    private void pass(Duration time) {
        clock.advanceTimeBy(time);
    }

    @Test
    void aModelIsLoadedOnceHoweverManyWantIt() {
        FakeServer cold = new FakeServer("http://cold");
        Models models = models(cold);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
        for (int i = 0; i < 5; i++) {
            models.want(LLAMA);
        }
        assertThat(cold.loads).hasSize(1);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
        cold.loadEnds();
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
    }

    @Test
    void whoeverListensHearsThatAModelIsLoaded() {
        FakeServer cold = new FakeServer("http://cold");
        Models models = models(cold);
        List<Readiness> heard = new ArrayList<>();
        models.onChange(() -> heard.add(models.readiness(LLAMA)));
        models.want(LLAMA);
        cold.loadEnds();
        assertThat(heard).endsWith(Readiness.READY);
    }

    @Test
    void aModelThatIsColdIsNotAsked() {
        FakeServer cold = new FakeServer("http://cold");
        Asked asked = ask(models(cold));
        assertThat(asked.error).isInstanceOf(NotReadyException.class);
        assertThat(cold.asked).isEmpty();
        assertThat(cold.loads).as("but it is loaded").hasSize(1);
    }

    @Test
    void aLoadThatTakesTooLongHasFailedAndIsTriedAgainAfterAPause() {
        FakeServer cold = new FakeServer("http://cold");
        Models models = models(cold);
        models.want(LLAMA);
        pass(Duration.ofSeconds(299));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
        pass(Duration.ofSeconds(1));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.DOWN);
        models.want(LLAMA);
        assertThat(cold.loads).hasSize(1);
        pass(Duration.ofSeconds(2));
        models.want(LLAMA);
        assertThat(cold.loads).hasSize(2);
    }

    @Test
    void whatFailsToLoadOnOneServerIsLoadedOnTheOther() {
        FakeServer cold = new FakeServer("http://cold");
        Models models = models(cold, two);
        two.reachable = true;
        models.want(LLAMA);
        if (!cold.loads.isEmpty()) {
            cold.loadFails(Kind.FAILED);
            models.want(LLAMA);
        }
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
    }

    @Test
    void aModelStaysWarmForItsTimeAfterTheLastAnswer() {
        Models models = warm(models(one));
        pass(Duration.ofMinutes(29));
        assertThat(ask(models).done).isTrue();
        pass(Duration.ofMinutes(29));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
        pass(Duration.ofMinutes(1));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
    }

    @Test
    void aModelThatTheServerHasDroppedIsColdAgain() {
        Models models = warm(models(one));
        one.holds("llama3.2:latest", null);
        pass(Duration.ofSeconds(1));
        models.start();
        pass(Duration.ofSeconds(10));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
        one.loaded = List.of();
        pass(Duration.ofSeconds(5));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
        models.close();
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"BUSY", "TRUNCATED"})
    void aFailureBeforeTheFirstWordIsTriedAgainTwice(Kind kind) {
        one.answering(failing(kind)).answering(failing(kind));
        Asked asked = ask(warm(models(one)));
        assertThat(one.asked).hasSize(1);
        pass(Duration.ofSeconds(2));
        assertThat(asked.words).containsExactly("fine");
        assertThat(asked.done).isTrue();
        assertThat(one.asked).hasSize(3);
        assertThat(meters.get("parley.model.retries").counter().count()).isEqualTo(2);
    }

    @Test
    void afterThreeTriesItHasFailed() {
        one.answering(failing(Kind.BUSY)).answering(failing(Kind.BUSY)).answering(failing(Kind.BUSY));
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofMinutes(1));
        assertThat(one.asked).hasSize(3);
        assertThat(asked.error).isInstanceOfSatisfying(ModelException.class,
                error -> assertThat(error.kind()).isEqualTo(Kind.BUSY));
    }

    @Test
    void aCrashHasTheModelLoadedAgainBeforeTheNextTry() {
        one.answering(failing(Kind.OVERLOADED));
        Models models = warm(models(one));
        Tries tries = new Tries();
        Asked asked = new Asked(models.chat(LLAMA, TURNS, tries));
        pass(Duration.ofSeconds(1));
        assertThat(one.loads).hasSize(2);
        if (asked.failed) {
            assertThat(asked.error).isInstanceOf(NotReadyException.class);
            asked = new Asked(models.chat(LLAMA, TURNS, tries));
        }
        assertThat(asked.words).containsExactly("fine");
    }

    @Test
    void anotherServerIsTriedFirst() {
        Models models = models(one, two);
        models.want(LLAMA);
        (one.loads.isEmpty() ? one : two).loadsAtOnce = true;
        // Both are warm when the first has its share.
        List<Disposable> busy = Stream.generate(() -> {
            FakeServer first = one.loads.isEmpty() ? two : one;
            first.answering(silent());
            return ask(models).subscription;
        }).limit(3).toList();
        models.want(LLAMA);
        assertThat(one.loads).hasSize(1);
        assertThat(two.loads).hasSize(1);
        busy.forEach(Disposable::dispose);
        one.asked.clear();
        two.asked.clear();

        one.answering(failing(Kind.BUSY));
        two.answering(failing(Kind.BUSY));
        Asked asked = ask(models);
        pass(Duration.ofSeconds(2));
        assertThat(asked.words).containsExactly("fine");
        assertThat(one.asked).as("asked again the first would have answered").isNotEmpty();
        assertThat(two.asked).isNotEmpty();
        assertThat(meters.get("parley.model.retries").counter().count()).isEqualTo(2);
    }

    @Test
    void afterTheFirstWordThereIsNoSecondTry() {
        one.answering(saying("half").concatWith(failing(Kind.FAILED)));
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofMinutes(1));
        assertThat(asked.words).containsExactly("half");
        assertThat(asked.failed).isTrue();
        assertThat(one.asked).hasSize(1);
    }

    @Test
    void whatIsWrongIsNotTriedAgain() {
        one.answering(failing(Kind.REFUSED));
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofMinutes(1));
        assertThat(asked.failed).isTrue();
        assertThat(one.asked).hasSize(1);
    }

    @Test
    void aModelThatSaysNothingIsAskedAgainAfterAMinute() {
        one.answering(silent());
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofSeconds(59));
        assertThat(one.asked).hasSize(1);
        assertThat(one.cancelled).isZero();
        pass(Duration.ofSeconds(2));
        assertThat(one.cancelled).isEqualTo(1);
        assertThat(asked.words).containsExactly("fine");
    }

    @Test
    void aModelThatFallsSilentIsGivenUpAfterHalfAMinute() {
        one.answering(saying("half").concatWith(silent()));
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofSeconds(29));
        assertThat(asked.failed).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(asked.error).isInstanceOf(TimeoutException.class);
        assertThat(one.cancelled).isEqualTo(1);
    }

    @Test
    void allTriesTogetherMayTakeFiveMinutes() {
        one.answering(Flux.interval(Duration.ofSeconds(1), clock).map(i -> new ModelEvent.Text("word")));
        Asked asked = ask(warm(models(one)));
        pass(Duration.ofSeconds(299));
        assertThat(asked.failed).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(asked.error).isInstanceOf(TimeoutException.class).hasMessageContaining("longer than PT5M");
    }

    @Test
    void aModelThatOneServerDoesNotHaveIsAskedForElsewhere() {
        one.answering(failing(Kind.MISSING));
        two.answering(failing(Kind.MISSING));
        Models models = models(one, two);
        models.want(LLAMA);
        Asked asked = ask(models);
        pass(Duration.ofSeconds(2));
        assertThat(asked.error).isInstanceOf(NotReadyException.class);
        assertThat(one.asked.size() + two.asked.size()).isEqualTo(2);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.MISSING);
        pass(Duration.ofSeconds(30));
        assertThat(models.readiness(LLAMA)).as("it may have been pulled meanwhile").isEqualTo(Readiness.LOADING);
    }

    @Test
    void aServerThatLoadsNothingIsReadyUnlessItHasNoSuchModel() {
        one.kind = ModelKind.OPENAI;
        one.answering(failing(Kind.MISSING));
        ModelName name = new ModelName(ModelKind.OPENAI, "gpt");
        Models models = models(one);
        assertThat(models.readiness(name)).isEqualTo(Readiness.READY);
        new Asked(models.chat(name, TURNS, new Tries()));
        assertThat(models.readiness(name)).isEqualTo(Readiness.MISSING);
        pass(Duration.ofSeconds(30));
        assertThat(models.readiness(name)).isEqualTo(Readiness.READY);
    }

    @Test
    void aModelOfAKindThatNobodyServesIsMissing() {
        assertThat(models(one).readiness(new ModelName(ModelKind.OPENAI, "any"))).isEqualTo(Readiness.MISSING);
    }

    @Test
    void aServerThatFailsTooOftenIsLeftAloneForHalfAMinuteAndThenOneRequestTries() {
        for (int i = 0; i < 5; i++) {
            one.answering(saying("half").concatWith(failing(Kind.TRUNCATED)));
        }
        Models models = models(one);
        for (int i = 0; i < 5; i++) {
            models.want(LLAMA);
            ask(models);
        }
        assertStatus(models, "open");
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.DOWN);
        pass(Duration.ofSeconds(30));
        models.want(LLAMA);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);

        one.answering(silent());
        Asked trying = ask(models);
        assertThat(models.readiness(LLAMA)).as("only one tries").isEqualTo(Readiness.DOWN);
        trying.subscription.dispose();
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
        assertThat(ask(models).done).isTrue();
        assertStatus(models, "up");
    }

    @Test
    void aServerThatFailsAgainIsLeftAloneForLonger() {
        Models models = models(one);
        for (int i = 0; i < 6; i++) {
            one.answering(saying("half").concatWith(failing(Kind.TRUNCATED)));
        }
        for (int i = 0; i < 5; i++) {
            models.want(LLAMA);
            ask(models);
        }
        pass(Duration.ofSeconds(30));
        models.want(LLAMA);
        ask(models);
        pass(Duration.ofSeconds(59));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.DOWN);
        pass(Duration.ofSeconds(1));
        models.want(LLAMA);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
    }

    @Test
    void aServerThatIsBusyIsNotBroken() {
        for (int i = 0; i < 30; i++) {
            one.answering(failing(Kind.BUSY));
        }
        Models models = warm(models(one));
        for (int i = 0; i < 10; i++) {
            ask(models);
            pass(Duration.ofSeconds(10));
        }
        assertThat(one.asked).hasSize(30);
        assertStatus(models, "up");
    }

    @Test
    void whoCancelsLeavesTheServerAtOnceAndHoldsNothingAgainstIt() {
        one.answering(silent());
        Models models = warm(models(one));
        Asked asked = ask(models);
        assertThat(models.status().getFirst().inFlight()).isEqualTo(1);
        asked.subscription.dispose();
        assertThat(one.cancelled).isEqualTo(1);
        assertStatus(models, "up");
    }

    @Test
    void whatSpeaksOfOverloadLowersTheConcurrencyStepByStepAndSuccessesRaiseIt() {
        Models models = warm(models(one));
        for (int i = 0; i < 6; i++) {
            one.answering(failing(Kind.BUSY));
        }
        ask(models);
        assertThat(models.concurrency()).isEqualTo(4);
        assertThat(models.isFallback()).isFalse();
        ask(models);
        ask(models);
        ask(models);
        assertThat(models.concurrency()).isEqualTo(1);
        assertThat(models.isFallback()).isTrue();
        pass(Duration.ofSeconds(10));

        int before = one.asked.size();
        while (models.concurrency() < 5) {
            assertThat(ask(models).done).isTrue();
        }
        assertThat(models.isFallback()).isFalse();
        assertThat(one.asked.size() - before).isLessThanOrEqualTo(1 + 2 + 3 + 4);
    }

    @Test
    void aServerThatDoesNotAnswerIsDownUntilItDoes() {
        Models models = warm(models(one));
        List<Readiness> heard = new ArrayList<>();
        models.onChange(() -> heard.add(models.readiness(LLAMA)));
        models.start();
        one.reachable = false;
        pass(Duration.ofSeconds(5));
        assertThat(models.readiness(LLAMA)).as("once may be chance").isEqualTo(Readiness.READY);
        pass(Duration.ofSeconds(1));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.DOWN);
        assertStatus(models, "unreachable");
        one.reachable = true;
        pass(Duration.ofSeconds(1));
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.LOADING);
        models.want(LLAMA);
        assertThat(heard).contains(Readiness.DOWN).endsWith(Readiness.READY);
        models.close();
    }

    @Test
    void theSecondServerIsLoadedWhenTheFirstHasItsShareAndThenTheLessBusyIsAsked() {
        Models models = models(one, two);
        for (int i = 0; i < 5; i++) {
            one.answering(silent());
            two.answering(silent());
            models.want(LLAMA);
            ask(models);
        }
        assertThat(models.status()).extracting(BackendStatus::inFlight).containsExactlyInAnyOrder(3, 2);
    }
}
