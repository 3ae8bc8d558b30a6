package dev.parley.gateway.benchmark;

import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import reactor.netty.resources.ConnectionProvider;

/** A WebSocket over which one question after the other is asked. */
final class AskingSocket {

    private final Sinks.Many<String> out = Sinks.many().unicast().onBackpressureBuffer();
    private final AtomicInteger asked = new AtomicInteger();
    private final BiConsumer<AskingSocket, String> listener;
    private volatile @Nullable Arrivals arrivals;
    private volatile Sinks.Empty<Void> finished = Sinks.empty();

    /** @param listener is told each frame, and tells the socket what it means */
    AskingSocket(BiConsumer<AskingSocket, String> listener) {
        this.listener = listener;
    }

    /** @param isGreeted whether it is ready with the first frame that comes, and not at once */
    Mono<AskingSocket> connect(String uri, Consumer<HttpHeaders> headers, boolean isGreeted) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> ready = Sinks.empty();
            HttpClient.create(ConnectionProvider.newConnection())
                    .headers(headers)
                    .websocket(WebsocketClientSpec.builder().build())
                    .uri(uri)
                    .handle((in, socket) -> {
                        if (!isGreeted) {
                            ready.tryEmitEmpty();
                        }
                        return socket.sendString(out.asFlux(), StandardCharsets.UTF_8)
                                .then()
                                .then(Mono.defer(() -> socket.sendClose()))
                                .and(in.receive().asString().doOnNext(frame -> {
                                    ready.tryEmitEmpty();
                                    listener.accept(this, frame);
                                }).then());
                    })
                    .subscribe(nothing -> {}, ready::tryEmitError);
            return ready.asMono().thenReturn(this);
        });
    }

    Mono<Void> ask(String question, AnswerStreamBenchmark.Seen seen) {
        return Mono.defer(() -> {
            finished = Sinks.empty();
            asked.incrementAndGet();
            arrivals = new Arrivals(seen);
            out.tryEmitNext(question).orThrow();
            return finished.asMono();
        });
    }

    /** How many questions were asked over it. */
    int asked() {
        return asked.get();
    }

    void arrived() {
        Arrivals now = arrivals;
        if (now != null) {
            now.arrived();
        }
    }

    void finished() {
        finished.tryEmitEmpty();
    }

    void failed(String why) {
        finished.tryEmitError(new IllegalStateException(why));
    }

    void close() {
        out.tryEmitComplete().orThrow();
    }
}
