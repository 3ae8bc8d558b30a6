package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.WidgetCors;
import dev.parley.gateway.web.ProblemWriter;
import dev.parley.gateway.web.RequestHead;
import dev.parley.gateway.web.SecurityHeaders;
import io.netty.handler.codec.http.HttpMethod;
import org.springframework.boot.reactor.netty.NettyRouteProvider;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/**
 * The way of polls, past Spring. Who polls comes again after each answer, and thousands wait at once, so what a request costs,
 * and what it holds while it waits, counts as nowhere else; and half of both was Spring's view of it.
 */
@Component
final class PollRoute implements NettyRouteProvider {

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
            String start = PollEndPoint.PATH + (audience == Audience.ADMIN ? "" : "/" + audience.word()) + DIALOGS;
            all = all.route(request -> endOfDialog(request, start) > 0,
                    (request, response) -> answer(request, response, audience, start));
        }
        return all;
    }

    /** Where the dialog's number ends in a poll that is written as all clients write it, or 0. Spring finds the way of others. */
    private static int endOfDialog(HttpServerRequest request, String start) {
        String uri = request.uri();
        if (!uri.startsWith(start) || !request.method().equals(HttpMethod.GET)) {
            return 0;
        }
        int end = start.length();
        while (end < uri.length() && uri.charAt(end) >= '0' && uri.charAt(end) <= '9') {
            end++;
        }
        return end > start.length() && (end == uri.length() || uri.charAt(end) == '?') ? end : 0;
    }

    private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, Audience audience, String start) {
        NativeChannel channel = new NativeChannel(request, response);
        Arrival arrival = new Arrival(RequestHead.of(request), audience,
                request.uri().substring(start.length(), endOfDialog(request, start)));
        Mono<Void> answer = answer(arrival, channel);
        return (audience == Audience.ADMIN
                ? answer
                : cors.admit(arrival.head(), channel.responseHeaders()).then(answer))
                .onErrorResume(failure -> refuse(channel, failure));
    }

    private Mono<Void> answer(Arrival arrival, NativeChannel channel) {
        return entrance.toPoll(arrival.head(), channel, Mono.defer(() -> endPoint.follow(arrival, channel)));
    }

    private Mono<Void> refuse(NativeChannel channel, Throwable failure) {
        if (channel.response().hasSentHeaders() || AbortedException.isConnectionReset(failure)) {
            return Mono.error(failure); // who has gone meanwhile is told nothing
        }
        SecurityHeaders.add(channel.responseHeaders(), PollEndPoint.PATH);
        return problems.write(channel.request(), channel.response(), failure);
    }

    /** For polls that Spring has found the way for. */
    Mono<Void> answer(ServerWebExchange exchange, Audience audience) {
        return answer(Arrival.of(exchange, audience), NativeChannel.of(exchange));
    }
}
