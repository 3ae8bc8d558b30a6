package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.parley.gateway.Await;
import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.model.ModelEvent.Done;
import dev.parley.gateway.model.ModelEvent.Text;
import dev.parley.gateway.model.ModelException.Kind;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import dev.parley.gateway.rehearsal.Fault;
import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import dev.parley.gateway.rehearsal.RehearsalLedger.Said;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** The client against the rehearsal model, over real sockets: what it makes of every fault, and that it lets go. */
@ExtendWith(NoLeaks.class)
class OllamaModelTests {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A few milliseconds as a rule; the bound is for a machine that has other things to do. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private static final RehearsalSettings QUICK = RehearsalSettings.defaults()
            .withFirstToken(Duration.ofMillis(5))
            .withTokensPerSecond(500);

    private RehearsalModel rehearsal = RehearsalModel.start(QUICK);
    private OllamaModel model = modelAt(rehearsal, 8);

    @AfterEach
    void close() {
        model.close();
        rehearsal.close();
    }

    @Test
    void answersFromTheFirstWordToTheLast() {
        StepVerifier.create(model.chat(asking("/long 4")))
                .expectNext(new Text("word1"), new Text(" word2"), new Text(" word3"), new Text(" word4"))
                .assertNext(event -> assertThat(event).isInstanceOfSatisfying(Done.class, done -> {
                    assertThat(done.reason()).isEqualTo("stop");
                    assertThat(done.answerTokens()).isEqualTo(4);
                    assertThat(done.promptTokens()).isPositive();
                }))
                .expectComplete()
                .verify(PATIENCE);

        Chat chat = onlyChat();
        assertThat(chat.outcome()).isEqualTo(Outcome.FINISHED);
        assertThat(chat.model()).isEqualTo("llama3.2");
        assertThat(chat.messages()).containsExactly(new Said("user", "/long 4"));
        assertThat(chat.options()).isEqualTo(Map.of("num_ctx", 4096, "num_predict", 2048));
    }

    @Test
    void asksNothingBeforeItIsSubscribedToAndOnceForEachSubscription() {
        Flux<ModelEvent> chat = model.chat(asking("/say a"));
        assertThat(rehearsal.ledger().seen()).isZero();

        assertThat(textOf(chat)).isEqualTo("a");
        assertThat(textOf(chat)).isEqualTo("a");

        assertThat(rehearsal.ledger().seen()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 64})
    void charactersSurviveHoweverTheStreamIsCut(int pieceBytes) {
        restart(QUICK.withPieceBytes(pieceBytes).withTokensPerSecond(0));
        List<String> said = List.of("Grüße – 日本語 🙂", "und nochmals: naïve 👩‍👩‍👧");

        String answer = textOf(model.chat(asking(said.toArray(String[]::new))));

        assertThat(answer).isEqualTo(RehearsalModel.answerTo(said)).contains("“und nochmals: naïve 👩‍👩‍👧”");
    }

    static Stream<Arguments> faults() {
        return Stream.of(Arguments.of(Fault.bad("llama3.2"), Kind.REFUSED, 0),
                Arguments.of(Fault.missing("llama3.2"), Kind.MISSING, 0),
                Arguments.of(Fault.broken(), Kind.OVERLOADED, 0),
                Arguments.of(Fault.busy(), Kind.BUSY, 0),
                Arguments.of(new Fault.ErrorLine(0, "out of memory"), Kind.OVERLOADED, 0),
                Arguments.of(new Fault.ErrorLine(3, "out of memory"), Kind.OVERLOADED, 3),
                Arguments.of(new Fault.ErrorLine(3, Fault.QUEUE_FULL), Kind.BUSY, 3),
                Arguments.of(new Fault.EndsEarly(0), Kind.TRUNCATED, 0),
                Arguments.of(new Fault.EndsEarly(3), Kind.TRUNCATED, 3),
                Arguments.of(new Fault.Resets(0, Mono.empty()), Kind.UNREACHABLE, 0),
                Arguments.of(new Fault.Garbage(3), Kind.FAILED, 3), Arguments.of(Fault.overlong(3), Kind.FAILED, 3));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void everyFaultEndsTheAnswerAfterTheWordsBeforeIt(Fault fault, Kind kind, int words) {
        rehearsal.next(fault);

        StepVerifier.create(model.chat(asking("/long 9")))
                .expectNextSequence(IntStream.rangeClosed(1, words)
                        .mapToObj(n -> new Text((n == 1 ? "" : " ") + "word" + n))
                        .toList())
                .expectErrorSatisfies(failure -> assertThat(failure).isInstanceOfSatisfying(ModelException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind)))
                .verify(PATIENCE);

        assertThat(rehearsal.ledger().seen()).as("requests: it must not try again by itself").isOne();
        assertThat(textOf(model.chat(asking("/say fine again")))).isEqualTo("fine again");
    }

    @Test
    void aResetEndsTheAnswerAfterTheWordsThatWereRead() {
        Sinks.Empty<Void> reset = Sinks.empty();
        rehearsal.next(new Fault.Resets(2, reset.asMono()));

        StepVerifier.create(model.chat(asking("/long 9")))
                .expectNext(new Text("word1"), new Text(" word2"))
                .then(reset::tryEmitEmpty)
                .expectErrorSatisfies(failure -> assertThat(failure).isInstanceOfSatisfying(ModelException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.TRUNCATED)))
                .verify(PATIENCE);
    }

    @Test
    void theReasonIsTheModelsOwn() {
        rehearsal.next(Fault.missing("llama3.2"));

        StepVerifier.create(model.chat(asking("Hi")))
                .expectErrorMessage("The model answered 404: model 'llama3.2' not found")
                .verify(PATIENCE);
    }

    @Test
    void cancellingInMidStreamClosesTheConnectionAndFreesTheSlot() {
        restart(QUICK.withParallel(1).withTokensPerSecond(50));

        StepVerifier.create(model.chat(asking("/long 2000"))).expectNextCount(3).thenCancel().verify(PATIENCE);

        await().atMost(SOON).until(() -> rehearsal.ledger().left() == 1);
        assertThat(onlyChat().outcome()).isEqualTo(Outcome.LEFT);
        assertThat(textOf(model.chat(asking("/say free")))).isEqualTo("free");
        assertThat(rehearsal.ledger().chats().getFirst().bytesAfterEnd()).isZero();
        assertThat(rehearsal.ledger().open()).isZero();
    }

    @Test
    void cancellingBeforeTheFirstWordClosesTheConnectionAndFreesTheSlot() {
        restart(QUICK.withParallel(1));
        rehearsal.next(new Fault.Stalls(0));
        Disposable silent = model.chat(asking("Hi")).onErrorComplete().subscribe();
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == 1);

        silent.dispose();

        await().atMost(SOON).until(() -> rehearsal.ledger().left() == 1);
        assertThat(textOf(model.chat(asking("/say free")))).isEqualTo("free");
    }

    @Test
    void cancellingInTheModelsQueueLeavesTheQueue() {
        restart(QUICK.withParallel(1));
        rehearsal.next(new Fault.Stalls(2));
        Disposable first = model.chat(asking("/long 9")).onErrorComplete().subscribe();
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == 1);
        Disposable second = model.chat(asking("/say never")).onErrorComplete().subscribe();
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == 2);

        second.dispose();

        await().atMost(SOON).until(() -> rehearsal.ledger().left() == 1);
        assertThat(rehearsal.ledger().chats().getLast().outcome()).isEqualTo(Outcome.LEFT);
        assertThat(rehearsal.ledger().chats().getFirst().outcome()).isEqualTo(Outcome.OPEN);
        first.dispose();
        await().atMost(SOON).until(() -> rehearsal.ledger().open() == 0);
    }

    @Test
    void aModelThatStallsIsWaitedForUntilCancelled() {
        rehearsal.next(new Fault.Stalls(2));

        StepVerifier.create(model.chat(asking("/long 9")))
                .expectNextCount(2)
                .expectNoEvent(Duration.ofMillis(200))
                .thenCancel()
                .verify(PATIENCE);

        await().atMost(SOON).until(() -> rehearsal.ledger().left() == 1);
    }

    @Test
    void aModelThatDiesInMidStreamTruncatesTheAnswer() {
        rehearsal.next(new Fault.Stalls(2));

        StepVerifier.create(model.chat(asking("/long 9")))
                .expectNextCount(2)
                .then(rehearsal::close)
                .expectErrorSatisfies(e -> assertKind(e, Kind.TRUNCATED))
                .verify(PATIENCE);
    }

    @Test
    void whereNobodyListensNobodyIsReached() throws IOException {
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        try (var nobody = new OllamaModel("http://127.0.0.1:" + port, settings(), 2)) {
            StepVerifier.create(nobody.chat(asking("Hi")))
                    .expectErrorSatisfies(e -> assertKind(e, Kind.UNREACHABLE))
                    .verify(PATIENCE);
            StepVerifier.create(nobody.reachable()).expectNext(false).expectComplete().verify(PATIENCE);
        }
    }

    @Test
    void theRehearsalModelIsReachable() {
        StepVerifier.create(model.reachable()).expectNext(true).expectComplete().verify(PATIENCE);
    }

    @Test
    void moreAnswersThanConnectionsAreTurnedAwayAsBusy() {
        try (var narrow = modelAt(rehearsal, 1)) {
            rehearsal.next(new Fault.Stalls(0));
            Disposable running = narrow.chat(asking("Hi")).onErrorComplete().subscribe();
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == 1);
            Disposable waiting = narrow.chat(asking("Hi")).onErrorComplete().subscribe();

            StepVerifier.create(narrow.chat(asking("Hi")))
                    .expectErrorSatisfies(e -> assertKind(e, Kind.BUSY))
                    .verify(PATIENCE);

            assertThat(rehearsal.ledger().seen()).isOne();
            waiting.dispose();
            running.dispose();
        }
    }

    @Test
    void twoHundredAnswersGrowAtOnceAndEachIsWhole() {
        restart(QUICK.withParallel(200).withTokensPerSecond(100).withPieceBytes(50), 200);

        List<String> answers = Await.await(Flux.range(0, 200)
                .flatMapSequential(n -> text(model.chat(asking("/say “" + n + "” is one of many " + "é".repeat(n)))),
                        200)
                .collectList());

        assertThat(answers).hasSize(200)
                .allSatisfy(answer -> assertThat(answer)
                        .isEqualTo("“" + answers.indexOf(answer) + "” is one of many "
                                + "é".repeat(answers.indexOf(answer))));
        assertThat(rehearsal.ledger().finished()).isEqualTo(200);
    }

    @Test
    void twoHundredAnswersCanBeCancelledAtOnce() {
        restart(QUICK.withParallel(200), 200);
        IntStream.range(0, 200).forEach(n -> rehearsal.next(new Fault.Stalls(2)));
        var words = new AtomicInteger();
        Disposable all = Flux.range(0, 200)
                .flatMap(n -> model.chat(asking("/long 9")), 200)
                .doOnNext(event -> words.incrementAndGet())
                .onErrorComplete()
                .subscribe();
        await().atMost(PATIENCE).until(() -> words.get() == 400);
        assertThat(rehearsal.ledger().open()).isEqualTo(200);

        all.dispose();

        await().atMost(PATIENCE).until(() -> rehearsal.ledger().left() == 200);
        assertThat(textOf(model.chat(asking("/say free")))).isEqualTo("free");
    }

    @Test
    void aBlockingCallOnAnEventLoopWouldHaveBeenNoticed() {
        StepVerifier.create(Mono.fromCallable(() -> {
            Thread.sleep(1);
            return "not noticed";
        }).subscribeOn(Schedulers.parallel())).expectErrorMatches(e -> e.toString().contains("Blocking call"))
                .verify(PATIENCE);
    }

    private void restart(RehearsalSettings settings) {
        restart(settings, 8);
    }

    private void restart(RehearsalSettings settings, int connections) {
        close();
        rehearsal = RehearsalModel.start(settings);
        model = modelAt(rehearsal, connections);
    }

    private Chat onlyChat() {
        assertThat(rehearsal.ledger().chats()).hasSize(1);
        return rehearsal.ledger().chats().getFirst();
    }

    private static OllamaModel modelAt(RehearsalModel rehearsal, int connections) {
        return new OllamaModel(rehearsal.url(), settings(), connections);
    }

    private static OllamaSettings settings() {
        return new OllamaSettings(List.of(), "llama3.2", 4096, Duration.ofMinutes(30));
    }

    private static ModelRequest asking(String... texts) {
        return new ModelRequest("llama3.2", Stream.of(texts).map(text -> new Turn(Role.USER, text)).toList());
    }

    private static String textOf(Flux<ModelEvent> chat) {
        return Await.await(text(chat));
    }

    private static Mono<String> text(Flux<ModelEvent> chat) {
        return chat.ofType(Text.class).map(Text::text).collect(Collectors.joining());
    }

    private static void assertKind(Throwable failure, Kind kind) {
        assertThat(failure).isInstanceOfSatisfying(ModelException.class,
                e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }
}
