package dev.parley.gateway.benchmark.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.time.Duration;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerInfos;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * A yardstick: Reactor Netty and one sink for each dialog. Nobody is asked who he is, nothing is stored, numbered or wrapped
 * into JSON, no heartbeat, and a follower that is slow misses messages. What the gateway costs more than this is the price of
 * what it does more.
 */
public final class BareServer {

    private final Topics topics = new Topics();

    private BareServer() {}

    public static void main(String[] arguments) {
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .idleTimeout(Duration.ofMinutes(10))
                .route(new BareServer()::routes)
                .bindNow()
                .onDispose()
                .block();
    }

    private void routes(HttpServerRoutes routes) {
        routes.ws("/ws", this::follow)
                .ws("/publish", this::publish)
                .get("/sse", this::stream)
                .get("/poll", this::poll)
                .get("/produce", this::produce);
    }

    private Publisher<Void> follow(WebsocketInbound in, WebsocketOutbound out) {
        long dialog = new Query(((HttpServerInfos) in).uri()).number("dialog");
        return out.sendObject(topics.follow(dialog).map(TextWebSocketFrame::new))
                .then()
                .and(publish(in, out));
    }

    private Publisher<Void> publish(WebsocketInbound in, WebsocketOutbound out) {
        return in.aggregateFrames().receive().asString().doOnNext(topics::publish).then();
    }

    private Publisher<Void> stream(HttpServerRequest request, HttpServerResponse response) {
        Flux<ByteBuf> events = topics.follow(new Query(request.uri()).number("dialog"))
                .map(text -> "data:" + text + "\n\n")
                .startWith(":open\n\n")
                .map(event -> ByteBufUtil.writeUtf8(response.alloc(), event));
        return response.sse().send(events, event -> true);
    }

    private Publisher<Void> poll(HttpServerRequest request, HttpServerResponse response) {
        Query query = new Query(request.uri());
        return topics.poll(query.number("dialog"), query.text("since"))
                .flatMap(news -> response.sendString(Mono.just(news)).then());
    }

    private Publisher<Void> produce(HttpServerRequest request, HttpServerResponse response) {
        new Query(request.uri()).producer().start(topics::publish);
        return response.sendString(Mono.just("started"));
    }

    /** The query of an address. */
    private record Query(String uri) {

        String text(String name) {
            List<String> values = new QueryStringDecoder(uri).parameters().getOrDefault(name, List.of());
            return values.isEmpty() ? "" : values.getFirst();
        }

        long number(String name) {
            return Long.parseLong(text(name));
        }

        Producer producer() {
            return new Producer(number("first"), (int) number("dialogs"), Double.parseDouble(text("rate")),
                    (int) number("seconds"), (int) number("size"));
        }
    }
}
