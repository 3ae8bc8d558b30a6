package dev.parley.gateway.model;

import java.util.List;
import java.util.Locale;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A model behind {@code POST /v1/chat/completions}, as OpenAI, vLLM, llama.cpp's server and LM Studio have it. Not for
 * Ollama, whose own end point of that name ends its stream in silence where the model fails.
 *
 * <p>Take its stream with unbounded demand, as the answers do: whoever holds demand back makes the model wait. Events come on
 * an event loop. What is true of its connections says {@link ModelHttp}.
 */
public final class OpenAiModel implements ModelServer {

    /** Of a line, and of an event. An event is a word or so; the last one of some servers repeats the whole answer. */
    static final int MAX_EVENT_BYTES = 1024 * 1024;

    private final String url;
    private final OpenAiSettings settings;
    private final ModelHttp http;
    private final OpenAiErrors errors;

    /**
     * @param url where the server is, as {@link OpenAiSettings#urls()} have it
     * @param settings the key of every request
     * @param maxConnections how many answers may be open at once; a few more than are meant to run, for those that are
     * just being closed
     */
    public OpenAiModel(String url, OpenAiSettings settings, int maxConnections) {
        this.url = url;
        this.settings = settings;
        String key = settings.apiKey();
        this.http = new ModelHttp("openai", url, headers -> authorize(headers, key), maxConnections);
        this.errors = new OpenAiErrors(key);
    }

    private static void authorize(HttpHeaders headers, String key) {
        if (!key.isEmpty()) {
            headers.setBearerAuth(key);
        }
    }

    @Override
    public Flux<ModelEvent> chat(ModelRequest request) {
        return http.post("/v1/chat/completions", MediaType.TEXT_EVENT_STREAM, () -> OpenAiJson.chat(request),
                this::events);
    }

    @Override
    public ModelKind kind() {
        return ModelKind.OPENAI;
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
        return settings.contextTokens();
    }

    /** Such servers have what they have. */
    @Override
    public boolean loadsModels() {
        return false;
    }

    @Override
    public Mono<List<Loaded>> loaded() {
        return Mono.just(List.of());
    }

    @Override
    public Mono<Void> load(String model) {
        return Mono.empty();
    }

    /** Whether a server answers there now, and be it that the key is wrong: within 2 s, never an error. */
    @Override
    public Mono<Boolean> reachable() {
        return http.probe("/v1/models",
                response -> response.releaseBody().thenReturn(!response.statusCode().is5xxServerError()));
    }

    /** Closes the connections; answers in flight end as truncated. */
    @Override
    public void close() {
        http.close();
    }

    private Flux<ModelEvent> events(ClientResponse response) {
        int status = response.statusCode().value();
        if (status != 200) {
            return ModelHttp.body(response).flatMapMany(body -> Flux.error(errors.status(status, body)));
        }
        if (isNoStream(response)) {
            return ModelHttp.body(response).flatMapMany(body -> Flux.error(errors.noStream(body)));
        }
        var answer = new OpenAiAnswer(errors, MAX_EVENT_BYTES);
        return Lines.split(response.body(BodyExtractors.toDataBuffers()), MAX_EVENT_BYTES)
                .concatMapIterable(answer::line)
                .concatWith(Flux.defer(() -> Flux.fromIterable(answer.lastLine())))
                .concatWith(Mono.error(ModelFailures::endedEarly))
                .onErrorMap(e -> !(e instanceof ModelException), ModelFailures::afterHeaders)
                .onErrorResume(e -> answer.isWhole() ? Mono.just(answer.done()) : Mono.error(e))
                .takeUntil(event -> event instanceof ModelEvent.Done);
    }

    /** Servers do not all give their streams the right type, but what has one of these types is none. */
    private static boolean isNoStream(ClientResponse response) {
        String type = response.headers().asHttpHeaders().getFirst(HttpHeaders.CONTENT_TYPE);
        String lower = type == null ? "" : type.toLowerCase(Locale.ROOT);
        return lower.contains("json") || lower.contains("html");
    }
}
