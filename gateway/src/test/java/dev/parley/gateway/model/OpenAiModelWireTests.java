package dev.parley.gateway.model;

import static dev.parley.gateway.model.OpenAiStream.END;
import static dev.parley.gateway.model.OpenAiStream.KEY;
import static dev.parley.gateway.model.OpenAiStream.PATIENCE;
import static dev.parley.gateway.model.OpenAiStream.REQUEST;
import static dev.parley.gateway.model.OpenAiStream.ROLE;
import static dev.parley.gateway.model.OpenAiStream.STOP;
import static dev.parley.gateway.model.OpenAiStream.USAGE;
import static dev.parley.gateway.model.OpenAiStream.answer;
import static dev.parley.gateway.model.OpenAiStream.answerOf;
import static dev.parley.gateway.model.OpenAiStream.data;
import static dev.parley.gateway.model.OpenAiStream.finish;
import static dev.parley.gateway.model.OpenAiStream.json;
import static dev.parley.gateway.model.OpenAiStream.modelAt;
import static dev.parley.gateway.model.OpenAiStream.says;
import static dev.parley.gateway.model.OpenAiStream.settings;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.model.ModelEvent.Done;
import dev.parley.gateway.model.ModelEvent.Text;
import dev.parley.gateway.model.ModelException.Kind;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

/** What the client sends, and how it reads an answer that comes to its end. */
@ExtendWith(NoLeaks.class)
class OpenAiModelWireTests {

    private static final Done COUNTED = new Done("stop", 11, 7);
    private static final Done NOT_COUNTED = new Done("stop", 0, 0);

    @Test
    void sendsTheConversationAndTheKey() {
        var request = new ModelRequest("mistral", List.of(new Turn(Role.SYSTEM, "Be brief."),
                new Turn(Role.USER, "Hi “you”"), new Turn(Role.ASSISTANT, "Yes?"), new Turn(Role.USER, "1\n2")));
        try (var server = ScriptedServer.sending(STOP); var model = modelAt(server)) {
            StepVerifier.create(model.chat(request)).expectNextCount(1).expectComplete().verify(PATIENCE);

            ScriptedServer.Seen seen = server.request();
            assertThat(seen.head()).isEqualTo("POST /v1/chat/completions");
            assertThat(seen.headers().get("Authorization")).isEqualTo("Bearer " + KEY);
            assertThat(seen.headers().get("Content-Type")).isEqualTo("application/json");
            assertThat(seen.headers().get("Accept")).isEqualTo("text/event-stream");
            assertThat(seen.body()).isEqualTo(json("{'model':'mistral','messages':["
                    + "{'role':'system','content':'Be brief.'},{'role':'user','content':'Hi “you”'},"
                    + "{'role':'assistant','content':'Yes?'},{'role':'user','content':'1\\n2'}],"
                    + "'stream':true,'stream_options':{'include_usage':true},'max_tokens':2048}"));
        }
    }

    @Test
    void whereThereIsNoKeyNoneIsSent() {
        try (var server = ScriptedServer.sending(STOP);
                var model = new OpenAiModel(server.url(), settings(server.url(), ""), 2)) {
            StepVerifier.create(model.chat(REQUEST)).expectNextCount(1).expectComplete().verify(PATIENCE);

            assertThat(server.request().headers().contains("Authorization")).isFalse();
        }
    }

    @Test
    void readsTextAndTheCountsBehindItsEnd() {
        answer(ROLE, says("Hel"), says("lo"), STOP, USAGE, END)
                .expectNext(new Text("Hel"), new Text("lo"), COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void theLastPieceMayCarryTextReasonAndCountsAtOnce() {
        answer(says("a"), data("{'choices':[{'delta':{'content':'b'},'finish_reason':'length'}],"
                + "'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}"))
                .expectNext(new Text("a"), new Text("b"), new Done("length", 1, 2))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void countsThatComeWithEveryPieceEndNothing() {
        answer(data("{'choices':[{'delta':{'content':'a'}}],'usage':{'prompt_tokens':11,'completion_tokens':1}}"),
                data("{'choices':[{'delta':{'content':'b'}}],'usage':{'prompt_tokens':11,'completion_tokens':7}}"),
                STOP, END).expectNext(new Text("a"), new Text("b"), COUNTED).expectComplete().verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stop", "length", "content_filter", "tool_calls", "anything"})
    void theReasonIsTheServersOwn(String reason) {
        answer(says("a"), finish(reason), END)
                .expectNext(new Text("a"), new Done(reason, 0, 0))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anEmptyReasonIsNone() {
        answer(data("{'choices':[{'delta':{'content':'a'},'finish_reason':''}]}"), says("b"), STOP, END)
                .expectNext(new Text("a"), new Text("b"), NOT_COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: [DONE]\n\n", "data:[DONE]\n\n", "data: [DONE]\r\n\r\n", "data: [DONE]"})
    void whatHasGivenItsReasonIsDoneWithOrWithoutCounts(String end) {
        answer(says("a"), STOP, end).expectNext(new Text("a"), NOT_COUNTED).expectComplete().verify(PATIENCE);
    }

    @Test
    void whatHasGivenItsReasonNeedsNoOtherEnd() {
        answer(says("a"), STOP).expectNext(new Text("a"), NOT_COUNTED).expectComplete().verify(PATIENCE);
    }

    @Test
    void theLastEventNeedsNoBlankLine() {
        answer(says("a"), STOP.strip()).expectNext(new Text("a"), NOT_COUNTED).expectComplete().verify(PATIENCE);
    }

    @Test
    void whatGoesWrongAfterTheReasonCostsOnlyTheCounts() {
        for (String wrong : List.of("data: {\"error\":\"no counts\"}\n\n", "data: garbage\n\n", "data: {\"choi")) {
            answer(says("a"), STOP, wrong).expectNext(new Text("a"), NOT_COUNTED).expectComplete().verify(PATIENCE);
        }
        answerOf(ScriptedServer.breakingAfter(says("a"), STOP)).expectNext(new Text("a"), NOT_COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void anEndWithoutAReasonIsNotTakenForAGoodOne() {
        answer(says("a"), END).expectNext(new Text("a"), new Done("unknown", 0, 0)).expectComplete().verify(PATIENCE);
    }

    @Test
    void anEndAfterNothingAtAllIsNone() {
        answer(ROLE, END).expectErrorSatisfies(e -> OpenAiStream.assertFailure(e, Kind.TRUNCATED, "ended"))
                .verify(PATIENCE);
    }

    @Test
    void nothingCountsAfterTheEnd() {
        answer(STOP + END + says("late") + "garbage\n").expectNext(NOT_COUNTED).expectComplete().verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"usage", "end"})
    void doesNotWaitForTheConnectionToEnd(String last) {
        answerOf(ScriptedServer.hangingAfter(STOP, last.equals("end") ? END : USAGE)).expectNextCount(1)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void waitsForTheCountsOnceTheReasonIsThere() {
        answer(says("a"), STOP, ": ping\n\n", data("{'choices':[]}"), USAGE).expectNext(new Text("a"), COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void ignoresWhatIsNoText() {
        answer(ROLE, data("{}"), data("{'choices':null}"), data("{'choices':[null]}"), data("{'choices':[{}]}"),
                data("{'choices':[{'delta':null}],'error':null}"), data("{'choices':[{'delta':{'content':null}}]}"),
                data("{'id':'x','new':{'a':[1]},'choices':[{'delta':{'content':'a','refusal':null},'logprobs':{}}]}"),
                data(" "), STOP, END).expectNext(new Text("a"), NOT_COUNTED).expectComplete().verify(PATIENCE);
    }

    @Test
    void thoughtsAreNeverShown() {
        answer(data("{'choices':[{'delta':{'reasoning':'secret'}}]}"),
                data("{'choices':[{'delta':{'content':'','reasoning_content':'secret'}}]}"), says("<thi"),
                says("nk>more"), says(" secrets</think>"), says("\\n\\n"), says("Yes."), STOP, END)
                .expectNext(new Text("Yes."), NOT_COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatOnlyLooksLikeAThoughtIsShownInTheEnd(boolean withReason) {
        answer(says("<th"), withReason ? STOP : "", END).expectNext(new Text("<th"))
                .expectNext(new Done(withReason ? "stop" : "unknown", 0, 0))
                .expectComplete()
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 64})
    void charactersSurviveHoweverTheStreamIsCut(int pieceBytes) {
        for (String end : List.of("\n", "\r\n")) {
            String stream = (ROLE + says("Grüße – ") + says("日本語 🙂") + STOP + USAGE + END).replace("\n", end);
            answerOf(ScriptedServer.sendingInPiecesOf(pieceBytes, stream))
                    .expectNext(new Text("Grüße – "), new Text("日本語 🙂"), COUNTED)
                    .expectComplete()
                    .verify(PATIENCE);
        }
    }

    @Test
    void theFormOfTheEventsDoesNotMatter() {
        answer("\uFEFF: hello\nid: 1\nevent: message\nretry: soon\ndata:{\"choices\":[{\"delta\":\ndata: {\"content\":",
                "\"a\"}}]}\n\n\n: ping\r\n\r\n", "data\n\n", "nonsense\n\n", STOP, END)
                .expectNext(new Text("a"), NOT_COUNTED)
                .expectComplete()
                .verify(PATIENCE);
    }
}
