package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.problem.Problem;
import java.util.Arrays;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.WebsocketServerSpec;

/** Opens WebSockets, for those who may. */
@Component
final class WebSocketHandshake {

    private static final String SUBPROTOCOL = "parley";

    private final Admission admission;
    private final CarrierTools tools;

    WebSocketHandshake(Admission admission, CarrierTools tools) {
        this.admission = admission;
        this.tools = tools;
    }

    Mono<Void> follow(ServerWebExchange exchange, Audience audience) {
        return admission.admit(exchange, audience, exchange.getRequest().getQueryParams().getFirst("since"),
                (follower, seat) -> upgrade(exchange, follower, seat));
    }

    /** Straight to Reactor Netty: Spring's session would hold the handshake's headers for as long as the socket is open. */
    private Mono<Void> upgrade(ServerWebExchange exchange, Follower follower, Disposable seat) {
        if (!"websocket".equalsIgnoreCase(exchange.getRequest().getHeaders().getUpgrade())) {
            return Mono.error(Problem.BAD_REQUEST.with("Open this address as a WebSocket"));
        }
        NativeChannel channel = NativeChannel.of(exchange);
        WebSocketConnection connection = new WebSocketConnection(follower, seat, tools, channel::closeHard);
        WebsocketServerSpec spec = spec(exchange.getRequest());
        // What is to be done before a response is committed is done before the upgrade, which commits it. The upgrade
        // itself has to be done on the channel's own thread: done on another (the database's, here), it leaves a moment
        // between the client's learning of it and the connection's being ready, in which Reactor Netty drops frames.
        return exchange.getResponse()
                .setComplete()
                .then(Mono.<Void>defer(() -> Mono.from(channel.response().sendWebsocket(connection::run, spec)))
                        .subscribeOn(channel.eventLoop()));
    }

    /** Names our subprotocol only to who offers it: where none is agreed on, Reactor Netty would never begin to serve. */
    private WebsocketServerSpec spec(ServerHttpRequest request) {
        WebsocketServerSpec.Builder spec = WebsocketServerSpec.builder()
                .maxFramePayloadLength(Math.toIntExact(tools.settings().maxFrameBytes().toBytes()))
                .compress(false);
        boolean offered = request.getHeaders()
                .getOrEmpty("Sec-WebSocket-Protocol")
                .stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .anyMatch(protocol -> protocol.strip().equals(SUBPROTOCOL));
        return (offered ? spec.protocols(SUBPROTOCOL) : spec).build();
    }
}
