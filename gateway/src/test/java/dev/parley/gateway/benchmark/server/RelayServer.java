package dev.parley.gateway.benchmark.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;
import reactor.netty.resources.ConnectionProvider;

/**
 * A yardstick: hands a WebSocket's messages to the model as they are, and the model's pieces to the WebSocket as they come. It
 * knows no lines, no dialogs and no limits, stores nothing, and reads no JSON. What the gateway adds more than this is the
 * price of what it does more.
 */
public final class RelayServer {

    /** Behind what comes of a question. */
    public static final String END = "the end";

    private final HttpClient model;

    private RelayServer(String url) {
        this.model = HttpClient.create(ConnectionProvider.newConnection()).baseUrl(url)
                .headers(headers -> headers.set("Content-Type", "application/json"));
    }

    /** @param arguments a port, and where the model is */
    public static void main(String[] arguments) {
        RelayServer relay = new RelayServer(arguments[1]);
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .route(routes -> routes.ws("/ws", relay::relay))
                .bindNow()
                .onDispose()
                .block();
    }

    private Publisher<Void> relay(WebsocketInbound in, WebsocketOutbound out) {
        return out.sendObject(in.aggregateFrames().receive().asString().concatMap(this::ask), frame -> true);
    }

    private Flux<TextWebSocketFrame> ask(String question) {
        return model.post()
                .uri("/api/chat")
                .send(Mono.fromSupplier(() -> bytes(question)))
                .responseContent()
                .map(piece -> new TextWebSocketFrame(piece.retain()))
                .concatWith(Mono.fromSupplier(() -> new TextWebSocketFrame(END)));
    }

    private static ByteBuf bytes(String text) {
        return ByteBufUtil.writeUtf8(UnpooledByteBufAllocator.DEFAULT, text);
    }
}
