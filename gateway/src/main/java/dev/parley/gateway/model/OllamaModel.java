package dev.parley.gateway.model;

import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * A model behind Ollama's {@code POST /api/chat}.
 *
 * <p>Take its stream with unbounded demand, as the answers do: whoever holds demand back stops the reading from Ollama, and
 * a model whose reader has stopped keeps its slot. Events come on an event loop. A connection serves one answer and is then
 * closed, by the answer's end as by its being cancelled; so a connection that Ollama has silently dropped is never tried,
 * and a request never sent twice.
 *
 * <p>Time limits: 3 s to connect once the host's address is known, 5 s to get one of the connections where all are in use.
 * There is none for reading, since it could not tell a model that thinks from one that hangs; the answer that runs this can.
 */
public final class OllamaModel implements ModelServer {

    /** As large as the lines that Ollama itself reads and writes. */
    static final int MAX_LINE_BYTES = 8 * 1024 * 1024;

    private static final int MAX_ERROR_BYTES = 64 * 1024;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    private static final int MAX_LIST_BYTES = 1024 * 1024;

    private final String url;
    private final OllamaSettings settings;
    private final ConnectionProvider connections;
    private final WebClient chats;
    private final WebClient probes;

    /**
     * @param url where Ollama is, as {@link OllamaSettings#url()} has it
     * @param settings the options of every request
     * @param maxConnections how many answers may be open at once; a few more than are meant to run, for those that are
     * just being closed
     */
    public OllamaModel(String url, OllamaSettings settings, int maxConnections) {
        this.url = url;
        this.settings = settings;
        this.connections = ConnectionProvider.builder("ollama")
                .maxConnections(maxConnections)
                .pendingAcquireMaxCount(maxConnections)
                .pendingAcquireTimeout(ACQUIRE_TIMEOUT)
                .build();
        this.chats = client(url, connections);
        // A probe must not wait behind answers, nor take one's place.
        this.probes = client(url, ConnectionProvider.newConnection());
    }

    private static WebClient client(String url, ConnectionProvider connections) {
        HttpClient client = HttpClient.create(connections)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis())
                .option(ChannelOption.SO_KEEPALIVE, true)
                .keepAlive(false)
                // Reactor Netty would send a request again by itself when the connection is reset.
                .disableRetry(true);
        return WebClient.builder().clientConnector(new ReactorClientHttpConnector(client)).baseUrl(url).build();
    }

    @Override
    public Flux<ModelEvent> chat(ModelRequest request) {
        return Flux.defer(() -> chats.post()
                .uri("/api/chat")
                .contentType(MediaType.APPLICATION_JSON)
                .accept(MediaType.APPLICATION_NDJSON)
                .bodyValue(OllamaJson.chat(request, settings))
                .exchangeToFlux(OllamaModel::events))
                .onErrorMap(e -> !(e instanceof ModelException), e -> OllamaFailures.beforeHeaders(cause(e)));
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
        return probes.get()
                .uri("/api/ps")
                .exchangeToMono(response -> response.statusCode().value() == 200
                        ? body(response, MAX_LIST_BYTES).map(OllamaJson::loaded)
                        : refusal(response).flatMap(Mono::error));
    }

    /** By a chat of no messages, which Ollama answers when the model is loaded, at once where it is so already. */
    @Override
    public Mono<Void> load(String model) {
        return Mono.defer(() -> probes.post()
                .uri("/api/chat")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(OllamaJson.chat(new ModelRequest(model, List.of()), settings))
                .exchangeToMono(response -> response.statusCode().value() == 200
                        ? response.releaseBody()
                        : refusal(response).<Void>flatMap(Mono::error)))
                .onErrorMap(e -> !(e instanceof ModelException), e -> OllamaFailures.beforeHeaders(cause(e)));
    }

    /** Within 2 s. */
    @Override
    public Mono<Boolean> reachable() {
        return probes.get()
                .uri("/api/version")
                .exchangeToMono(response -> response.statusCode().is2xxSuccessful()
                        ? response.bodyToMono(byte[].class).map(OllamaJson::isVersion)
                        : response.releaseBody().thenReturn(false))
                .defaultIfEmpty(false)
                .timeout(PROBE_TIMEOUT)
                .onErrorReturn(false);
    }

    /** Closes the connections; answers in flight end as truncated. */
    @Override
    public void close() {
        connections.dispose();
    }

    private static Flux<ModelEvent> events(ClientResponse response) {
        if (response.statusCode().value() != 200) {
            return refusal(response).flatMapMany(Flux::error);
        }
        var reading = new Reading();
        return NdjsonLines.split(response.body(BodyExtractors.toDataBuffers()), MAX_LINE_BYTES)
                .concatMapIterable(reading::events)
                .concatWith(Mono.error(OllamaFailures::endedEarly))
                .takeUntil(event -> event instanceof ModelEvent.Done)
                .onErrorMap(e -> !(e instanceof ModelException), OllamaFailures::afterHeaders);
    }

    private static Mono<ModelException> refusal(ClientResponse response) {
        return body(response, MAX_ERROR_BYTES).onErrorReturn(new byte[0])
                .map(body -> OllamaFailures.status(response.statusCode().value(), OllamaJson.error(body)));
    }

    private static Mono<byte[]> body(ClientResponse response, int maxBytes) {
        return DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers()), maxBytes)
                .map(OllamaModel::bytes)
                .defaultIfEmpty(new byte[0]);
    }

    private static byte[] bytes(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof WebClientRequestException request && request.getCause() != null
                ? request.getCause()
                : failure;
    }

    /** The reading of one answer. */
    private static final class Reading {

        private final ThinkingFilter thinking = new ThinkingFilter();

        List<ModelEvent> events(byte[] json) {
            OllamaJson.Line line = OllamaJson.line(json);
            if (line.isError()) {
                throw OllamaFailures.errorLine(line.errorText());
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
