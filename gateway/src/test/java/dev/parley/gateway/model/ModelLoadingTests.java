package dev.parley.gateway.model;

import static dev.parley.gateway.model.FakeServer.failing;
import static dev.parley.gateway.model.FakeServer.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where models stand, and who has them loaded when. */
class ModelLoadingTests extends SeveralServers {

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
