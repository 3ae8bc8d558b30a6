package dev.parley.gateway.model;

import static dev.parley.gateway.model.FakeServer.failing;
import static dev.parley.gateway.model.FakeServer.saying;
import static dev.parley.gateway.model.FakeServer.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** How often a model is asked, and for how long it may be silent. */
class ModelTriesTests extends SeveralServers {

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
}
