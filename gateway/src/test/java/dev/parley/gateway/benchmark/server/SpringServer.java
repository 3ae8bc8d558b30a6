package dev.parley.gateway.benchmark.server;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import java.time.Duration;
import java.util.Map;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.config.EnableWebFlux;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;

/**
 * A yardstick: the same as {@link BareServer}, as Spring WebFlux has it: a {@link WebSocketHandler}, and functional routes for
 * what goes over HTTP (annotated controllers cost more).
 */
@EnableWebFlux
public class SpringServer {

    private final Topics topics = new Topics();

    public static void main(String[] arguments) {
        var context = new AnnotationConfigApplicationContext(SpringServer.class);
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .idleTimeout(Duration.ofMinutes(10))
                .handle(new ReactorHttpHandlerAdapter(WebHttpHandlerBuilder.applicationContext(context).build()))
                .bindNow()
                .onDispose()
                .block();
    }

    @Bean
    HandlerMapping webSockets() {
        return new SimpleUrlHandlerMapping(
                Map.<String, WebSocketHandler>of("/ws", this::follow, "/publish", this::publish), -1);
    }

    private Mono<Void> follow(WebSocketSession session) {
        String dialog = UriComponentsBuilder.fromUri(session.getHandshakeInfo().getUri())
                .build()
                .getQueryParams()
                .toSingleValueMap()
                .getOrDefault("dialog", "");
        return session.send(topics.follow(Long.parseLong(dialog)).map(session::textMessage))
                .and(publish(session));
    }

    private Mono<Void> publish(WebSocketSession session) {
        return session.receive().map(WebSocketMessage::getPayloadAsText).doOnNext(topics::publish).then();
    }

    @Bean
    RouterFunction<ServerResponse> routes() {
        return route().GET("/sse", this::stream).GET("/poll", this::poll).GET("/produce", this::produce).build();
    }

    private Mono<ServerResponse> stream(ServerRequest request) {
        Flux<ServerSentEvent<String>> events = topics.follow(number(request, "dialog"))
                .map(text -> ServerSentEvent.builder(text).build())
                .startWith(ServerSentEvent.<String>builder().comment("open").build());
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .body(events, ServerSentEvent.class);
    }

    private Mono<ServerResponse> poll(ServerRequest request) {
        return topics.poll(number(request, "dialog"), request.queryParam("since").orElse(""))
                .flatMap(news -> ServerResponse.ok().bodyValue(news));
    }

    private Mono<ServerResponse> produce(ServerRequest request) {
        producer(request).start(topics::publish);
        return ServerResponse.ok().bodyValue("started");
    }

    static Producer producer(ServerRequest request) {
        return new Producer(number(request, "first"), (int) number(request, "dialogs"),
                Double.parseDouble(request.queryParam("rate").orElseThrow()), (int) number(request, "seconds"),
                (int) number(request, "size"));
    }

    private static long number(ServerRequest request, String name) {
        return Long.parseLong(request.queryParam(name).orElseThrow());
    }
}
