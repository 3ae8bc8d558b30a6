package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelException.Kind;
import dev.parley.gateway.model.ModelRequest.Role;
import dev.parley.gateway.model.ModelRequest.Turn;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** What tests of {@link OpenAiModel} have in common: pieces of streams, and what is made of them. */
final class OpenAiStream {

    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final String KEY = "sk-t0p+secret/key";
    static final ModelRequest REQUEST = new ModelRequest("qwen", List.of(new Turn(Role.USER, "Hi")));

    static final String ROLE = data("{'choices':[{'index':0,'delta':{'role':'assistant','content':''}}],'usage':null}");
    static final String STOP = finish("stop");
    static final String USAGE = data("{'choices':[],'usage':{'prompt_tokens':11,'completion_tokens':7}}");
    static final String END = "data: [DONE]\n\n";

    private OpenAiStream() {}

    static String says(String text) {
        return data("{'object':'chat.completion.chunk','choices':[{'index':0,'delta':{'content':'" + text
                + "'},'finish_reason':null}]}");
    }

    static String finish(String reason) {
        return data("{'choices':[{'index':0,'delta':{},'finish_reason':'" + reason + "'}]}");
    }

    /** An event of this JSON, in which apostrophes stand for quotation marks. */
    static String data(String json) {
        return "data: " + json(json) + "\n\n";
    }

    static String json(String json) {
        return json.replace('\'', '"');
    }

    /** The answer of a server that sends these pieces. Server and client are gone when it is over. */
    static StepVerifier.FirstStep<ModelEvent> answer(String... pieces) {
        return answerOf(ScriptedServer.sending(pieces));
    }

    static StepVerifier.FirstStep<ModelEvent> answerOf(ScriptedServer scripted) {
        return StepVerifier.create(Flux.using(() -> scripted,
                server -> Flux.using(() -> modelAt(server), model -> model.chat(REQUEST))));
    }

    static OpenAiModel modelAt(ScriptedServer server) {
        return new OpenAiModel(server.url(), settings(server.url(), KEY), 2);
    }

    static OpenAiSettings settings(String url, String key) {
        return new OpenAiSettings(List.of(url), "qwen", 8192, key);
    }

    static void assertFailure(Throwable failure, Kind kind, String said) {
        assertThat(failure).isInstanceOfSatisfying(ModelException.class, e -> {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
            // Nor the beginning of it.
            assertThat(e).hasMessageContaining(said).hasMessageNotContaining(KEY.substring(0, 5));
            assertThat(e.getMessage()).doesNotContain("\n", "\r").hasSizeLessThan(400);
        });
    }
}
