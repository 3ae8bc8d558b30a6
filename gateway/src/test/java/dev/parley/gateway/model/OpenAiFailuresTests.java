package dev.parley.gateway.model;

import static dev.parley.gateway.model.OpenAiStream.KEY;
import static dev.parley.gateway.model.OpenAiStream.PATIENCE;
import static dev.parley.gateway.model.OpenAiStream.ROLE;
import static dev.parley.gateway.model.OpenAiStream.answer;
import static dev.parley.gateway.model.OpenAiStream.answerOf;
import static dev.parley.gateway.model.OpenAiStream.assertFailure;
import static dev.parley.gateway.model.OpenAiStream.data;
import static dev.parley.gateway.model.OpenAiStream.finish;
import static dev.parley.gateway.model.OpenAiStream.json;
import static dev.parley.gateway.model.OpenAiStream.says;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.model.ModelEvent.Text;
import dev.parley.gateway.model.ModelException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client makes of everything that may go wrong with a server. */
@ExtendWith(NoLeaks.class)
class OpenAiFailuresTests {

    @ParameterizedTest
    @CsvSource({"400,REFUSED", "401,REFUSED", "403,REFUSED", "404,MISSING", "413,REFUSED", "422,REFUSED", "302,REFUSED",
            "204,REFUSED", "429,BUSY", "503,BUSY", "408,FAILED", "499,FAILED", "500,FAILED", "502,FAILED",
            "504,FAILED"})
    void theStatusSaysWhatMayBeDoneAboutIt(int status, Kind kind) {
        // 204 has no body to say anything in.
        String said = status == 204 ? "204" : "it went away";
        answerOf(ScriptedServer.answering(status, "application/json",
                json("{'error':{'message':'it went away','type':'some_error','code':null}}")))
                .expectErrorSatisfies(e -> assertFailure(e, kind, said))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'error':{'message':'no model','type':'x','code':404}}", "{'error':'no model'}",
            "{'object':'error','message':'no model','type':'NotFoundError','code':404}", "{'detail':'no model'}",
            "{'detail':[{'loc':['body'],'msg':'no model'}]}", "{'error':{'msg':'no model'}}", "no model", "[no model"})
    void everyFormOfErrorIsRead(String body) {
        answerOf(ScriptedServer.answering(404, "application/json", json(body)))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.MISSING, "no model"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void aWrongKeyIsSaidToBeOneAndNotShown(int status) {
        answerOf(ScriptedServer.answering(status, "application/json",
                json("{'error':{'message':'Incorrect API key provided: " + KEY + ". Get another.'}}")))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.REFUSED, "parley.openai.api-key"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'error':{'message':'x KEY'}}", "{'error':'KEY'}", "{'detail':'KEY'}", "<b>KEY</b>",
            "{'error':{'KEY':1}}"})
    void noTextHasTheKey(String body) {
        // So that the excerpt would end in the middle of it.
        for (String key : new String[]{KEY, "x".repeat(190) + KEY}) {
            String said = json(body.replace("KEY", key));
            answerOf(ScriptedServer.answering(400, "text/html", said))
                    .expectErrorSatisfies(e -> assertFailure(e, Kind.REFUSED, "…"))
                    .verify(PATIENCE);
            answerOf(ScriptedServer.answering(200, "text/html", said))
                    .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "…"))
                    .verify(PATIENCE);
            answer("data: " + said.replace("'", "\"") + "\n\n")
                    .expectErrorSatisfies(e -> assertThat(e).isInstanceOf(ModelException.class)
                            .hasMessageNotContaining(KEY.substring(0, 5)))
                    .verify(PATIENCE);
        }
    }

    @Test
    void aProxysPageIsShortenedForTheLog() {
        answerOf(ScriptedServer.answering(502, "text/html",
                "<html>\r\n<h1>Bad gateway</h1>" + "x".repeat(100_000)))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "answered 502"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"text/html; charset=utf-8|<html>Sign in</html>|FAILED|Sign in",
            "application/json|{\"error\":{\"message\":\"out of memory\"}}|OVERLOADED|out of memory",
            "application/json|{\"error\":{\"message\":\"slow down\",\"code\":429}}|BUSY|slow down",
            "application/json|{\"choices\":[{\"message\":{\"content\":\"a\"}}]}|FAILED|did not answer with a stream"})
    void whatIsNoStreamIsAFailureWhateverItsStatus(String contentType, String body, Kind kind, String said) {
        answerOf(ScriptedServer.answering(200, contentType, body))
                .expectErrorSatisfies(e -> assertFailure(e, kind, said))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/octet-stream", "nonsense"})
    void theTypeOfAStreamDoesNotMatterOtherwise(String contentType) {
        answerOf(ScriptedServer.streamingAs(contentType, says("a"), OpenAiStream.STOP)).expectNextCount(2)
                .expectComplete()
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"out of\\nmemory\"|OVERLOADED|out of memory",
            "{'message':'CUDA error','type':'InternalServerError','code':500}|FAILED|CUDA error",
            "{'message':'later','type':'rate_limit_error','code':null}|BUSY|later",
            "{'message':'later','code':'rate_limit_exceeded'}|BUSY|later", "{'message':'later','code':503}|BUSY|later",
            "{'message':'later','type':'overloaded_error'}|BUSY|later", "\"Server overloaded\"|BUSY|overloaded",
            "{'status':7}|FAILED|{\"status\":7}"})
    void anErrorInTheStreamEndsItWithTheServersWords(String error, Kind kind, String said) {
        String event = data("{'error':" + error + "}");
        answer(ROLE, says("a"), event).expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, kind, said))
                .verify(PATIENCE);
        answer(event).expectErrorSatisfies(e -> assertFailure(e, kind, said)).verify(PATIENCE);
    }

    @Test
    void anErrorIsBelievedEvenWhereTheStreamGoesOnAsThoughThereWasNone() {
        answer(says("a"), "error: {\"code\":500,\"message\":\"no room\"}\n\n", OpenAiStream.END)
                .expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "no room"))
                .verify(PATIENCE);
    }

    @Test
    void anErrorMayBeTheReasonOfTheEnd() {
        answer(says("a"), finish("error"), OpenAiStream.END).expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "failed"))
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>Sign in</html>", "[1]", "null", "\"text\"", "{\"choices\":7}"})
    void dataThatIsNoneOfTheProtocolsIsAFailure(String data) {
        answer(says("a"), "data: " + data + "\n\n").expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "not its JSON"))
                .verify(PATIENCE);
    }

    @Test
    void aStreamThatJustEndsIsTruncated() {
        // So does Ollama's own end point of this protocol when the model fails: an empty piece, and then nothing.
        answer(ROLE, says("a"), data("{'choices':[{'delta':{'role':'assistant','content':''}}]}"))
                .expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "ended"))
                .verify(PATIENCE);
        answer("").expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "ended")).verify(PATIENCE);
    }

    @Test
    void aStreamThatEndsInTheMiddleOfAnEventIsTruncated() {
        answer(says("a"), "data: {\"choices\":[{\"delta\":{\"content\":\"b").expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "ended"))
                .verify(PATIENCE);
    }

    @Test
    void textThatCameWholeIsShownEvenIfItsEventWasNotEnded() {
        answer(says("a").strip()).expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "ended"))
                .verify(PATIENCE);
    }

    @Test
    void aConnectionThatBreaksInMidStreamTruncatesTheAnswer() {
        answerOf(ScriptedServer.breakingAfter(says("a"))).expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.TRUNCATED, "broke"))
                .verify(PATIENCE);
    }

    @Test
    void aLineThatIsTooLongIsAFailureAfterTheTextBeforeIt() {
        answer(says("a"), "data: " + "x".repeat(OpenAiModel.MAX_EVENT_BYTES)).expectNext(new Text("a"))
                .expectErrorSatisfies(e -> assertFailure(e, Kind.FAILED, "1048576 bytes"))
                .verify(PATIENCE);
    }
}
