package dev.parley.gateway.model;

import java.util.ArrayList;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A model behind Ollama's {@code POST /api/chat}.
 *
 * <p>Take its stream with unbounded demand, as the answers do: whoever holds demand back stops the reading from Ollama, and
 * a model whose reader has stopped keeps its slot. Events come on an event loop. What is true of its connections says
 * {@link ModelHttp}.
 */
public final class OllamaModel implements ModelServer {

    /** As large as the lines that Ollama itself reads and writes. */
    static final int MAX_LINE_BYTES = 8 * 1024 * 1024;

    private final String url;
    private final OllamaSettings settings;
    private final ModelHttp http;

    /**
     * @param url where Ollama is, as {@link OllamaSettings#url()} has it
     * @param settings the options of every request
     * @param maxConnections how many answers may be open at once; a few more than are meant to run, for those that are
     * just being closed
     */
    public OllamaModel(String url, OllamaSettings settings, int maxConnections) {
        this.url = url;
        this.settings = settings;
        this.http = new ModelHttp("ollama", url, headers -> {}, maxConnections);
    }

    @Override
    public Flux<ModelEvent> chat(ModelRequest request) {
        return http.post("/api/chat", MediaType.APPLICATION_NDJSON, () -> OllamaJson.chat(request, settings),
                OllamaModel::events);
    }

    @Override
    public ModelKind kind() {
        return ModelKind.OLLAMA;
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public String defaultModel() {
        return settings.model();
    }

    @Override
    public int contextTokens() {
        return settings.numCtx();
    }

    @Override
    public boolean loadsModels() {
        return true;
    }

    @Override
    public Mono<List<Loaded>> loaded() {
        return http.get("/api/ps", OllamaModel::failure).map(OllamaJson::loaded);
    }

    /** By a chat of no messages, which Ollama answers when the model is loaded, at once where it is so already. */
    @Override
    public Mono<Void> load(String model) {
        return http.postAlone("/api/chat", () -> OllamaJson.chat(new ModelRequest(model, List.of()), settings),
                OllamaModel::failure).then();
    }

    /** Within 2 s. */
    @Override
    public Mono<Boolean> reachable() {
        return http.probe("/api/version", response -> response.statusCode().is2xxSuccessful()
                ? response.bodyToMono(byte[].class).map(OllamaJson::isVersion)
                : response.releaseBody().thenReturn(false));
    }

    /** Closes the connections; answers in flight end as truncated. */
    @Override
    public void close() {
        http.close();
    }

    private static Flux<ModelEvent> events(ClientResponse response) {
        int status = response.statusCode().value();
        if (status != 200) {
            return ModelHttp.body(response)
                    .flatMapMany(body -> Flux.error(failure(status, body)));
        }
        var reading = new Reading();
        return Lines.split(response.body(BodyExtractors.toDataBuffers()), MAX_LINE_BYTES)
                .filter(line -> !Lines.isBlank(line))
                .concatMapIterable(reading::events)
                .concatWith(Mono.error(ModelFailures::endedEarly))
                .takeUntil(event -> event instanceof ModelEvent.Done)
                .onErrorMap(e -> !(e instanceof ModelException), ModelFailures::afterHeaders);
    }

    private static ModelException failure(int status, byte[] body) {
        return ModelFailures.status(status, OllamaJson.error(body));
    }

    /** The reading of one answer. */
    private static final class Reading {

        private final ThinkingFilter thinking = new ThinkingFilter();

        List<ModelEvent> events(byte[] json) {
            OllamaJson.Line line = OllamaJson.line(json);
            if (line.isError()) {
                throw ModelFailures.errorLine(line.errorText());
            }
            String text = thinking.visible(line.text());
            if (line.done()) {
                text += thinking.rest();
            }
            var events = new ArrayList<ModelEvent>(2);
            if (!text.isEmpty()) {
                events.add(new ModelEvent.Text(text));
            }
            if (line.done()) {
                String reason = line.doneReason() == null ? "unknown" : line.doneReason();
                events.add(new ModelEvent.Done(reason, line.promptEvalCount(), line.evalCount()));
            }
            return events;
        }
    }
}
