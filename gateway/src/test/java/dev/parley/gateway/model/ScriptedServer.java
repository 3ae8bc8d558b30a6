package dev.parley.gateway.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableChannel;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerResponse;

/** A server that answers every request with given bytes, for what the rehearsal model does not send. */
final class ScriptedServer implements AutoCloseable {

    /** Instead of a status: the connection ends without a word. */
    private static final int HANGS_UP = 0;

    /** Stands, by identity, for the end of a connection before that of the answer. */
    private static final byte[] BREAK = {};

    private final BlockingQueue<Seen> requests = new LinkedBlockingQueue<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final DisposableServer server;

    /** A request as it came. */
    record Seen(String head, HttpHeaders headers, String body) {}

    private ScriptedServer(int status, String contentType, Flux<byte[]> pieces) {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .doOnChannelInit((_, channel, _) -> {
                    connections.incrementAndGet();
                    open.incrementAndGet();
                    channel.closeFuture().addListener(_ -> open.decrementAndGet());
                })
                .handle((request, response) -> request.receive()
                        .aggregate()
                        .asString(UTF_8)
                        .defaultIfEmpty("")
                        .doOnNext(body -> requests.add(new Seen(request.method() + " " + request.uri(),
                                request.requestHeaders().copy(), body)))
                        .then(Mono.defer(() -> Mono.from(answer(response, status, contentType, pieces)))))
                .bindNow();
    }

    private static Publisher<Void> answer(HttpServerResponse response, int status, String contentType,
            Flux<byte[]> pieces) {
        if (status == HANGS_UP) {
            return Mono.<Void>never().doOnSubscribe(_ -> response.withConnection(DisposableChannel::dispose));
        }
        return response.status(status)
                .header("Content-Type", contentType)
                .send(pieces.concatMap(piece -> piece == BREAK
                        ? Mono.<ByteBuf>never().doOnSubscribe(_ -> response.withConnection(DisposableChannel::dispose))
                        : Mono.just(Unpooled.wrappedBuffer(piece)), 1), _ -> true);
    }

    /** A stream of lines in the given pieces, each sent by itself. */
    static ScriptedServer streaming(String... pieces) {
        return streamingAs("application/x-ndjson", pieces);
    }

    /** A stream of server-sent events, as {@link #streaming}. */
    static ScriptedServer sending(String... pieces) {
        return streamingAs("text/event-stream", pieces);
    }

    static ScriptedServer streamingAs(String contentType, String... pieces) {
        return new ScriptedServer(200, contentType, bytes(pieces));
    }

    /** A stream of server-sent events that is cut after every so many bytes, whatever they are. */
    static ScriptedServer sendingInPiecesOf(int length, String stream) {
        byte[] all = stream.getBytes(UTF_8);
        return new ScriptedServer(200, "text/event-stream",
                Flux.fromStream(() -> IntStream.iterate(0, from -> from < all.length, from -> from + length)
                        .mapToObj(from -> Arrays.copyOfRange(all, from, Math.min(all.length, from + length)))));
    }

    /** A stream that says this and then neither more nor its end. */
    static ScriptedServer hangingAfter(String... pieces) {
        return new ScriptedServer(200, "text/event-stream", bytes(pieces).concatWith(Flux.never()));
    }

    /** A stream whose connection breaks after this. */
    static ScriptedServer breakingAfter(String... pieces) {
        return new ScriptedServer(200, "text/event-stream", bytes(pieces).concatWith(Mono.just(BREAK)));
    }

    static ScriptedServer hangingUp() {
        return new ScriptedServer(HANGS_UP, "", Flux.empty());
    }

    static ScriptedServer answering(int status, String contentType, String body) {
        return new ScriptedServer(status, contentType, bytes(body));
    }

    private static Flux<byte[]> bytes(String... pieces) {
        return Flux.fromArray(pieces).map(piece -> piece.getBytes(UTF_8));
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** The body of the next request, waiting for none. */
    String body() {
        return request().body();
    }

    /** The next request, waiting for none. */
    Seen request() {
        return requests.remove();
    }

    /** How many requests have come and were not taken. */
    int requests() {
        return requests.size();
    }

    /** How many connections there have been. */
    int connections() {
        return connections.get();
    }

    /** How many connections there are now. */
    int open() {
        return open.get();
    }

    /** May be called on an event loop: it waits for nothing. */
    @Override
    public void close() {
        server.dispose();
    }
}
