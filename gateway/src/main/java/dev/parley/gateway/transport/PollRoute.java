package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.WidgetCors;
import dev.parley.gateway.transport.PollEndPoint.Admitted;
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
        Mono<Void> before = audience == Audience.ADMIN
                ? Mono.empty()
                : cors.admit(arrival.head(), channel.responseHeaders());
        return answer(before, arrival, channel).onErrorResume(failure -> refuse(channel, failure));
    }

    private Mono<Void> answer(Mono<Void> before, Arrival arrival, NativeChannel channel) {
        Mono<Admitted> admitted = before.then(entrance.toPoll(arrival.head(), channel.request()))
                .then(Mono.defer(() -> endPoint.admit(arrival)));
        return Relay.of(admitted, poll -> {
            Mono<Void> answer = endPoint.answer(poll, channel);
            entrance.letIn(arrival.head(), Transport.POLL);
            return answer;
        });
    }

    private Mono<Void> refuse(NativeChannel channel, Throwable failure) {
        if (!isToldOf(channel, failure)) {
            return Mono.error(failure);
        }
        entrance.refused(Transport.POLL, failure);
        SecurityHeaders.add(channel.responseHeaders(), PollEndPoint.PATH);
        return problems.write(channel.request(), channel.response(), failure);
    }

    /** Who has gone meanwhile is told nothing. */
    private static boolean isToldOf(NativeChannel channel, Throwable failure) {
        return !channel.response().hasSentHeaders() && !AbortedException.isConnectionReset(failure);
    }

    /** For polls that Spring has found the way for. */
    Mono<Void> answer(ServerWebExchange exchange, Audience audience) {
        NativeChannel channel = NativeChannel.of(exchange);
        return answer(Mono.empty(), Arrival.of(exchange, audience), channel).doOnError(failure -> {
            if (isToldOf(channel, failure)) {
                entrance.refused(Transport.POLL, failure);
            }
        });
    }
}
