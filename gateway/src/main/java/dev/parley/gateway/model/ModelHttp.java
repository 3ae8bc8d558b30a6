package dev.parley.gateway.model;

import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
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
 * The connections to one server of models. Each serves one answer and is then closed, by the answer's end as by its being
 * cancelled; so a connection that the server has silently dropped is never tried, and a request never sent twice.
 *
 * <p>Time limits: 3 s to connect once the host's address is known, 5 s to get one of the connections where all are in use.
 * There is none for reading, since it could not tell a model that thinks from one that hangs; the answer that runs this can.
 */
final class ModelHttp implements AutoCloseable {

    private static final int MAX_ERROR_BYTES = 64 * 1024;
    private static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    private final ConnectionProvider connections;
    private final WebClient chats;
    private final WebClient probes;

    /**
     * @param name of the connections, in metrics
     * @param url where the server is, without a slash at its end
     * @param headers puts what every request has to carry
     * @param maxConnections how many answers may be open at once
     */
    ModelHttp(String name, String url, Consumer<HttpHeaders> headers, int maxConnections) {
        this.connections = ConnectionProvider.builder(name)
                .maxConnections(maxConnections)
                .pendingAcquireMaxCount(maxConnections)
                .pendingAcquireTimeout(ACQUIRE_TIMEOUT)
                .build();
        this.chats = client(url, headers, connections);
        // A probe must not wait behind answers, nor take one's place.
        this.probes = client(url, headers, ConnectionProvider.newConnection());
    }

    private static WebClient client(String url, Consumer<HttpHeaders> headers, ConnectionProvider connections) {
        HttpClient client = HttpClient.create(connections)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis())
                .option(ChannelOption.SO_KEEPALIVE, true)
                .keepAlive(false)
                // Reactor Netty would send a request again by itself when the connection is reset.
                .disableRetry(true);
        return WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(client))
                .baseUrl(url)
                .defaultHeaders(headers)
                .build();
    }

    /** One request for each subscription, and what is read of the answer to it, whatever its status. */
    Flux<ModelEvent> post(String path, MediaType accepted, Supplier<byte[]> json,
            Function<ClientResponse, Flux<ModelEvent>> reading) {
        return Flux.defer(() -> chats.post()
                .uri(path)
                .contentType(MediaType.APPLICATION_JSON)
                .accept(accepted)
                .bodyValue(json.get())
                .exchangeToFlux(reading))
                .onErrorMap(e -> !(e instanceof ModelException), e -> ModelFailures.beforeHeaders(cause(e)));
    }

    /** The body of the answer to a request for {@code path}, at most 1 MiB; another status than 200 is a failure. */
    Mono<byte[]> get(String path, BiFunction<Integer, byte[], ModelException> failure) {
        return whole(probes.get().uri(path), failure);
    }

    /** The same with something to say; it takes no connection from those of the answers. */
    Mono<byte[]> postAlone(String path, Supplier<byte[]> json, BiFunction<Integer, byte[], ModelException> failure) {
        return Mono.defer(() -> whole(probes.post().uri(path).contentType(MediaType.APPLICATION_JSON)
                .bodyValue(json.get()), failure));
    }

    private static Mono<byte[]> whole(WebClient.RequestHeadersSpec<?> request,
            BiFunction<Integer, byte[], ModelException> failure) {
        return request.exchangeToMono(response -> {
            int status = response.statusCode().value();
            return status == 200
                    ? body(response, MAX_BODY_BYTES)
                    : body(response).flatMap(body -> Mono.error(failure.apply(status, body)));
        }).onErrorMap(e -> !(e instanceof ModelException), e -> ModelFailures.beforeHeaders(cause(e)));
    }

    /** What is read of the answer to a request for {@code path}: false where none comes within 2 s, never an error. */
    Mono<Boolean> probe(String path, Function<ClientResponse, Mono<Boolean>> reading) {
        return probes.get()
                .uri(path)
                .exchangeToMono(reading)
                .defaultIfEmpty(false)
                .timeout(PROBE_TIMEOUT)
                .onErrorReturn(false);
    }

    /** The body of an answer that is no stream; of one that is far too long, or breaks, nothing. */
    static Mono<byte[]> body(ClientResponse response) {
        return body(response, MAX_ERROR_BYTES).onErrorReturn(new byte[0]);
    }

    private static Mono<byte[]> body(ClientResponse response, int maxBytes) {
        return DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers()), maxBytes)
                .map(ModelHttp::bytes)
                .defaultIfEmpty(new byte[0]);
    }

    /** Closes the connections; answers in flight end as truncated. */
    @Override
    public void close() {
        connections.dispose();
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
}
