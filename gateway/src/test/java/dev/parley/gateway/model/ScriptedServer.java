package dev.parley.gateway.model;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A server that answers every request with given bytes, for lines that the rehearsal model does not send. */
final class ScriptedServer implements AutoCloseable {

    private final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
    private final DisposableServer server;

    private ScriptedServer(int status, String contentType, Flux<String> pieces) {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString(StandardCharsets.UTF_8)
                        .defaultIfEmpty("")
                        .doOnNext(bodies::add)
                        .then(Mono.defer(() -> response.status(status)
                                .header("Content-Type", contentType)
                                .send(pieces.map(piece -> Unpooled.copiedBuffer(piece, StandardCharsets.UTF_8)),
                                        piece -> true)
                                .then())))
                .bindNow();
    }

    /** A stream in the given pieces, each sent by itself. */
    static ScriptedServer streaming(String... pieces) {
        return new ScriptedServer(200, "application/x-ndjson", Flux.fromIterable(List.of(pieces)));
    }

    /** A stream that says this and then neither more nor its end. */
    static ScriptedServer hangingAfter(String... pieces) {
        return new ScriptedServer(200, "application/x-ndjson",
                Flux.fromIterable(List.of(pieces)).concatWith(Flux.never()));
    }

    static ScriptedServer answering(int status, String contentType, String body) {
        return new ScriptedServer(status, contentType, Flux.just(body));
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** The body of the next request, waiting for none. */
    String body() {
        return bodies.remove();
    }

    /** May be called on an event loop: it waits for nothing. */
    @Override
    public void close() {
        server.dispose();
    }
}
