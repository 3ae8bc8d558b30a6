package dev.parley.gateway.model;

import static dev.parley.gateway.model.OpenAiStream.KEY;
import static dev.parley.gateway.model.OpenAiStream.PATIENCE;
import static dev.parley.gateway.model.OpenAiStream.REQUEST;
import static dev.parley.gateway.model.OpenAiStream.STOP;
import static dev.parley.gateway.model.OpenAiStream.assertFailure;
import static dev.parley.gateway.model.OpenAiStream.modelAt;
import static dev.parley.gateway.model.OpenAiStream.says;
import static dev.parley.gateway.model.OpenAiStream.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.model.ModelException.Kind;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** How the client treats its connections, over real sockets. */
@ExtendWith(NoLeaks.class)
class OpenAiModelTests {

    @Test
    void asksNothingBeforeItIsSubscribedToAndOnceForEachSubscription() {
        try (var server = ScriptedServer.sending(says("a"), STOP); var model = modelAt(server)) {
            Flux<ModelEvent> chat = model.chat(REQUEST);
            assertThat(server.connections()).isZero();

            StepVerifier.create(chat).expectNextCount(2).expectComplete().verify(PATIENCE);
            StepVerifier.create(chat).expectNextCount(2).expectComplete().verify(PATIENCE);

            assertThat(server.requests()).isEqualTo(2);
            assertThat(server.connections()).as("none serves two answers").isEqualTo(2);
            await().atMost(PATIENCE).until(() -> server.open() == 0);
        }
    }

    @Test
    void cancellingInMidStreamClosesTheConnection() {
        try (var server = ScriptedServer.hangingAfter(says("a"), says("b")); var model = modelAt(server)) {
            StepVerifier.create(model.chat(REQUEST)).expectNextCount(2).thenCancel().verify(PATIENCE);

            await().atMost(PATIENCE).until(() -> server.open() == 0);
        }
    }

    @Test
    void cancellingBeforeTheFirstWordClosesTheConnection() {
        try (var server = ScriptedServer.hangingAfter(); var model = modelAt(server)) {
            Disposable silent = model.chat(REQUEST).onErrorComplete().subscribe();
            await().atMost(PATIENCE).until(() -> server.requests() == 1);

            silent.dispose();

            await().atMost(PATIENCE).until(() -> server.open() == 0);
        }
    }

    @Test
    void theEndOfAnAnswerClosesAConnectionThatTheServerKeeps() {
        try (var server = ScriptedServer.hangingAfter(says("a"), STOP, OpenAiStream.END);
                var model = modelAt(server)) {
            StepVerifier.create(model.chat(REQUEST)).expectNextCount(2).expectComplete().verify(PATIENCE);

            await().atMost(PATIENCE).until(() -> server.open() == 0);
        }
    }

    @Test
    void aServerThatHangsUpIsNotAskedAgain() {
        try (var server = ScriptedServer.hangingUp(); var model = modelAt(server)) {
            StepVerifier.create(model.chat(REQUEST))
                    .expectErrorSatisfies(e -> assertFailure(e, Kind.UNREACHABLE, "No answer"))
                    .verify(PATIENCE);

            assertThat(server.requests()).isOne();
        }
    }

    @Test
    void whereNobodyListensNobodyIsReached() throws IOException {
        String nowhere;
        try (var socket = new ServerSocket(0)) {
            nowhere = "http://127.0.0.1:" + socket.getLocalPort();
        }
        try (var nobody = new OpenAiModel(nowhere, settings(nowhere, KEY), 2)) {
            StepVerifier.create(nobody.chat(REQUEST))
                    .expectErrorSatisfies(e -> assertFailure(e, Kind.UNREACHABLE, "No answer"))
                    .verify(PATIENCE);
            StepVerifier.create(nobody.reachable()).expectNext(false).expectComplete().verify(PATIENCE);
        }
    }

    @Test
    void moreAnswersThanConnectionsAreTurnedAwayAsBusy() {
        try (var server = ScriptedServer.hangingAfter();
                var narrow = new OpenAiModel(server.url(), settings(server.url(), KEY), 1)) {
            Disposable running = narrow.chat(REQUEST).onErrorComplete().subscribe();
            await().atMost(PATIENCE).until(() -> server.requests() == 1);
            Disposable waiting = narrow.chat(REQUEST).onErrorComplete().subscribe();

            StepVerifier.create(narrow.chat(REQUEST))
                    .expectErrorSatisfies(e -> assertFailure(e, Kind.BUSY, "No answer"))
                    .verify(PATIENCE);

            assertThat(server.requests()).isOne();
            waiting.dispose();
            running.dispose();
        }
    }

    @ParameterizedTest
    @CsvSource({"200,true", "401,true", "404,true", "429,true", "500,false", "503,false"})
    void whoAnswersIsReachableUnlessItIsBroken(int status, boolean reachable) {
        try (var server = ScriptedServer.answering(status, "application/json", "{\"data\":[]}");
                var model = modelAt(server)) {
            StepVerifier.create(model.reachable()).expectNext(reachable).expectComplete().verify(PATIENCE);

            ScriptedServer.Seen seen = server.request();
            assertThat(seen.head()).isEqualTo("GET /v1/models");
            assertThat(seen.headers().get("Authorization")).isEqualTo("Bearer " + KEY);
        }
    }

    @Test
    void oneThatKeepsSilentIsNotReachable() {
        try (var silent = ScriptedServer.hangingAfter(); var model = modelAt(silent)) {
            StepVerifier.withVirtualTime(model::reachable)
                    .thenAwait(Duration.ofSeconds(2))
                    .expectNext(false)
                    .expectComplete()
                    .verify(PATIENCE);
        }
    }
}
