package dev.parley.gateway.model;

import static dev.parley.gateway.model.FakeServer.failing;
import static dev.parley.gateway.model.FakeServer.saying;
import static dev.parley.gateway.model.FakeServer.silent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is made of failures, for the server and for how much is asked of it. */
class ModelHealthTests extends SeveralServers {

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

    static Stream<IOException> nobodyThere() {
        return Stream.of(new ConnectException("refused"), new NoRouteToHostException("host is down"),
                new UnknownHostException("ollama"));
    }

    @ParameterizedTest
    @MethodSource("nobodyThere")
    void aServerToWhichNobodyCanConnectIsDownAtOnce(IOException why) {
        Models models = warm(models(one));
        one.answering(FakeServer.nobodyThere(why)).answering(FakeServer.nobodyThere(why));
        askTwice(models);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.DOWN);
    }

    @Test
    void aServerThatBreaksConnectionsIsThere() {
        Models models = warm(models(one));
        one.answering(failing(Kind.UNREACHABLE)).answering(failing(Kind.UNREACHABLE));
        askTwice(models);
        models.want(LLAMA);
        assertThat(models.readiness(LLAMA)).isEqualTo(Readiness.READY);
    }

    private void askTwice(Models models) {
        for (int i = 0; i < 2; i++) {
            models.want(LLAMA);
            ask(models);
        }
    }
}
