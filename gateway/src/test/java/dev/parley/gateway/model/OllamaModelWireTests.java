package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.model.ModelEvent.Done;
import dev.parley.gateway.model.ModelEvent.Text;
import dev.parley.gateway.model.ModelException.Kind;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** What the client sends, and what it makes of everything that may come back, byte for byte. */
@ExtendWith(NoLeaks.class)
class OllamaModelWireTests {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final OllamaSettings SETTINGS = new OllamaSettings(List.of(), "llama3.2", 4096,
            Duration.ofMinutes(30));
    private static final ModelRequest REQUEST = new ModelRequest("llama3.2", List.of(new Turn(Role.USER, "Hi")));
    private static final String DONE = "{\"done\":true,\"done_reason\":\"stop\"}\n";

    @Test
    void sendsTheConversationWithTheSameOptionsAlways() {
        try (var ollama = ScriptedServer.streaming(DONE); var model = modelAt(ollama)) {
            var request = new ModelRequest("mistral", List.of(new Turn(Role.SYSTEM, "Be brief."),
                    new Turn(Role.USER, "Hi “you”"), new Turn(Role.ASSISTANT, "Yes?"), new Turn(Role.USER, "1\n2")));

            events(model, request).expectNextCount(1).expectComplete().verify(PATIENCE);

            assertThat(ollama.body()).isEqualTo("{\"model\":\"mistral\",\"messages\":["
                    + "{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Hi “you”\"},"
                    + "{\"role\":\"assistant\",\"content\":\"Yes?\"},{\"role\":\"user\",\"content\":\"1\\n2\"}],"
                    + "\"stream\":true,\"think\":false,\"keep_alive\":1800,"
                    + "\"options\":{\"num_ctx\":4096,\"num_predict\":2048}}");
        }
    }

    @Test
    void readsTextAndTheNumbersOfItsEnd() {
        stream(content("Hel"), content("lo"),
                "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
                        + "\"done_reason\":\"length\",\"total_duration\":5,\"prompt_eval_count\":11,\"eval_count\":7}\n")
                .expectNext(new Text("Hel"), new Text("lo"), new Done("length", 11, 7))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void theLastLineMayCarryText() {
        stream(content("a"), "{\"message\":{\"content\":\"b\"},\"done\":true,\"done_reason\":\"stop\"}\n")
                .expectNext(new Text("a"), new Text("b"), new Done("stop", 0, 0))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void theLastLineNeedsNoEnd() {
        stream(content("a"), DONE.strip()).expectNext(new Text("a"), new Done("stop", 0, 0)).expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void nothingCountsAfterTheEnd() {
        stream(DONE + content("late") + "garbage\n").expectNext(new Done("stop", 0, 0)).expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void doesNotWaitForTheConnectionToEnd() {
        try (var ollama = ScriptedServer.hangingAfter(DONE); var model = modelAt(ollama)) {
            events(model, REQUEST).expectNext(new Done("stop", 0, 0)).expectComplete().verify(PATIENCE);
        }
    }

    @Test
    void anEndWithoutAReasonIsNotTakenForAGoodOne() {
        stream("{\"done\":true,\"done_reason\":null}\n").expectNext(new Done("unknown", 0, 0)).expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void skipsBlankLinesAndIgnoresWhatItDoesNotKnow() {
        stream("\n \r\n",
                "{\"new\":{\"a\":[1]},\"message\":{\"content\":\"a\",\"images\":null,\"x\":1},\"error\":null}\r\n",
                "{}\n",
                "{\"message\":null,\"done\":null}\n", DONE)
                .expectNext(new Text("a"), new Done("stop", 0, 0))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void thoughtsAreNeverShown() {
        stream("{\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"secret\"},\"done\":false}\n",
                content("<thi"), content("nk>more"), content(" secrets</think>"), content("\n\n"), content("Yes."),
                DONE)
                .expectNext(new Text("Yes."), new Done("stop", 0, 0))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void whatOnlyLooksLikeAThoughtIsShownInTheEnd() {
        stream(content("<th"), DONE).expectNext(new Text("<th"), new Done("stop", 0, 0)).expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anErrorInTheStreamEndsItWithTheModelsWords() {
        stream(content("a"), "{\"error\":\"out of\\nmemory\"}\n").expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.OVERLOADED, "out of memory"))
                .verify(PATIENCE);
    }

    @Test
    void anErrorMayBeMoreThanAText() {
        stream("{\"error\":{\"code\":7}}\n").expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "{\"code\":7}"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @CsvSource({"server busy, please try again.  maximum pending requests exceeded", "too many concurrent requests",
            "Server overloaded"})
    void anErrorOfOverloadIsNoFailure(String text) {
        stream("{\"error\":\"" + text + "\"}\n").expectErrorSatisfies(e -> assertFailure(e, Kind.BUSY, text))
                .verify(PATIENCE);
    }

    @Test
    void aStreamThatEndsInTheMiddleOfALineIsTruncated() {
        stream(content("a"), "{\"message\":{\"content\":\"b\"},\"done\":tr").expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "ended"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @CsvSource({"<html>Sign in</html>", "[1]", "null", "'\"text\"'"})
    void aLineThatIsNoneOfItsJsonIsAFailure(String line) {
        stream(line + "\n").expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "not its JSON")).verify(PATIENCE);
    }

    @ParameterizedTest
    @CsvSource({"400,REFUSED", "401,REFUSED", "403,REFUSED", "404,MISSING", "302,REFUSED", "204,REFUSED", "429,BUSY",
            "503,BUSY", "499,FAILED", "500,FAILED", "502,FAILED", "504,FAILED"})
    void theStatusSaysWhatMayBeDoneAboutIt(int status, Kind kind) {
        // 204 has no body to say anything in.
        String said = status == 204 ? "204" : "model went away";
        try (var ollama = ScriptedServer.answering(status, "application/json", "{\"error\":\"model went away\"}");
                var model = modelAt(ollama)) {
            events(model, REQUEST).expectErrorSatisfies(e -> assertFailure(e, kind, said)).verify(PATIENCE);
        }
    }

    @Test
    void aProxysPageIsShortenedForTheLog() {
        String page = "<html>\r\n<h1>Bad gateway</h1>" + "x".repeat(100_000);
        try (var proxy = ScriptedServer.answering(502, "text/html", page); var model = modelAt(proxy)) {
            events(model, REQUEST).expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "answered 502"))
                    .verify(PATIENCE);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"200|{\"version\":\"0.32.15\"}|true", "200|<html>hello</html>|false",
            "200|{}|false", "500|{\"version\":\"0.32.15\"}|false"})
    void onlyAnOllamaCountsAsReachable(int status, String body, boolean reachable) {
        try (var server = ScriptedServer.answering(status, "application/json", body); var model = modelAt(server)) {
            StepVerifier.create(model.reachable()).expectNext(reachable).expectComplete().verify(PATIENCE);
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

    private static StepVerifier.FirstStep<ModelEvent> events(OllamaModel model, ModelRequest request) {
        return StepVerifier.create(model.chat(request));
    }

    /** Verifies a stream in one go, so that server and client are gone when it is over. */
    private static StepVerifier.FirstStep<ModelEvent> stream(String... pieces) {
        return StepVerifier.create(Flux.using(() -> ScriptedServer.streaming(pieces),
                ollama -> Flux.using(() -> modelAt(ollama), model -> model.chat(REQUEST))));
    }

    private static String content(String text) {
        return "{\"message\":{\"role\":\"assistant\",\"content\":\"" + text.replace("\n", "\\n")
                + "\"},\"done\":false}\n";
    }

    private static OllamaModel modelAt(ScriptedServer ollama) {
        return new OllamaModel(ollama.url(), SETTINGS, 2);
    }

    private static void assertFailure(Throwable failure, Kind kind, String said) {
        assertThat(failure).isInstanceOfSatisfying(ModelException.class, e -> {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
            assertThat(e).hasMessageContaining(said);
            assertThat(e.getMessage()).doesNotContain("\n", "\r").hasSizeLessThan(400);
        });
    }
}
