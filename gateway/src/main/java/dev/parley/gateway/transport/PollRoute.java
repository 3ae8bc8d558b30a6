package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.WidgetCors;
import dev.parley.gateway.web.ProblemWriter;
import dev.parley.gateway.web.SecurityHeaders;
import io.netty.handler.codec.http.HttpMethod;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * The way of polls, past Spring's dispatching. Who polls comes again after each answer, and thousands wait at once, so what a
 * request costs, and what it holds while it waits, counts as nowhere else; exchange, filters and mappings were half of both.
 */
@Component
final class PollRoute implements NettyRouteProvider {

    private static final String PATH = "/poll";
    private static final String DIALOGS = "/dialogs/";

    private final Entrance entrance;
    private final PollEndPoint endPoint;
    private final WidgetCors cors;
    private final ProblemWriter problems;

    PollRoute(Entrance entrance, PollEndPoint endPoint, WidgetCors cors, ProblemWriter problems) {
        this.entrance = entrance;
        this.endPoint = endPoint;
        this.cors = cors;
        this.problems = problems;
    }

    @Override
    public HttpServerRoutes apply(HttpServerRoutes routes) {
        HttpServerRoutes all = routes;
        for (Audience audience : Audience.values()) {
            String start = PATH + (audience == Audience.ADMIN ? "" : "/" + audience.word()) + DIALOGS;
            all = all.route(request -> isPoll(request, start), new ReactorHttpHandlerAdapter(
                    (request, response) -> answer(arrival(request, audience, start), response)));
        }
        return all;
    }

    /** Whether it is written as all our clients write it. What is not, Spring makes sense of. */
    private static boolean isPoll(HttpServerRequest request, String start) {
        String uri = request.uri();
        if (!uri.startsWith(start) || !request.method().equals(HttpMethod.GET)) {
            return false;
        }
        int end = start.length();
        while (end < uri.length() && uri.charAt(end) >= '0' && uri.charAt(end) <= '9') {
            end++;
        }
        return end > start.length() && (end == uri.length() || uri.charAt(end) == '?');
    }

    private static Arrival arrival(ServerHttpRequest request, Audience audience, String start) {
        return new Arrival(request, audience, request.getPath().value().substring(start.length()));
    }

    private Mono<Void> answer(Arrival arrival, ServerHttpResponse response) {
        Mono<Void> answer = enter(arrival, response);
        return (arrival.audience() == Audience.ADMIN
                ? answer
                : cors.admit(arrival.request(), response.getHeaders()).then(answer))
                .onErrorResume(failure -> hasBegun(response)
                        ? Mono.error(failure)
                        : problems.write(arrival.request(), response, failure));
    }

    private static boolean hasBegun(ServerHttpResponse response) {
        HttpServerResponse below = ServerHttpResponseDecorator.getNativeResponse(response);
        return below.hasSentHeaders();
    }

    /** The way itself, whoever has led to it. */
    Mono<Void> enter(Arrival arrival, ServerHttpResponse response) {
        SecurityHeaders.add(response.getHeaders(), PATH);
        return entrance.toPoll(arrival.request(), response, () -> endPoint.follow(arrival, response));
    }
}
