package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.RequestHead;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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

    private final CarrierTools tools;
    private final FollowParameters parameters;
    private final ClientAddresses addresses;

    WebSocketHandshake(CarrierTools tools, FollowParameters parameters, ClientAddresses addresses) {
        this.tools = tools;
        this.parameters = parameters;
        this.addresses = addresses;
    }

    /** A socket of one dialog. */
    Mono<Void> follow(ServerWebExchange exchange, Audience audience) {
        Arrival arrival = Arrival.of(exchange, audience);
        NativeChannel channel = NativeChannel.of(exchange); // now: where its client leaves, an exchange has none any more
        return tools.admission().admit(arrival, arrival.parameter("since"),
                (follower, seat) -> upgrade(exchange, channel, audience, follower.session(), seat, follower));
    }

    /** A socket of many dialogs. */
    Mono<Void> open(ServerWebExchange exchange, Audience audience) {
        NativeChannel channel = NativeChannel.of(exchange);
        return tools.admission().admit(RequestHead.of(exchange.getRequest()), audience,
                (session, seat) -> upgrade(exchange, channel, audience, session, seat, null));
    }

    private WebSocketWire wire(ServerWebExchange exchange) {
        boolean wrapped = parameters.isWrapped(exchange.getRequest().getQueryParams());
        if (!"websocket".equalsIgnoreCase(exchange.getRequest().getHeaders().getUpgrade())) {
            throw Problem.BAD_REQUEST.with("Open this address as a WebSocket");
        }
        return tools.settings().compression()
                ? WebSocketWire.compressed(tools.forms(), wrapped)
                : WebSocketWire.plain(tools.forms(), wrapped);
    }

    /** Straight to Reactor Netty: Spring's session would hold the handshake's headers for as long as the socket is open. */
    private Mono<Void> upgrade(ServerWebExchange exchange, NativeChannel channel, Audience audience, Session session,
            Disposable seat, @Nullable Follower first) {
        WebSocketWire wire = wire(exchange);
        Permit permit = new Permit(tools.withdrawals(), audience, session);
        WebSocketConnection connection = new WebSocketConnection(tools, channel, wire, permit, seat,
                addresses.counted(exchange.getRequest()), first == null ? null : first.dialog().id());
        Runnable begin = first == null ? () -> {} : () -> connection.follow(first);
        WebsocketServerSpec spec = spec(exchange.getRequest());
        // What is to be done before a response is committed is done before the upgrade, which commits it. The upgrade
        // itself has to be done on the channel's own thread: done on another (the database's, here), it leaves a moment
        // between the client's learning of it and the connection's being ready, in which Reactor Netty drops frames.
        return exchange.getResponse()
                .setComplete()
                .then(Mono.<Void>defer(() -> Mono.from(channel.response()
                        .sendWebsocket((in, out) -> connection.run(in, out, begin), spec)))
                        .subscribeOn(channel.eventLoop()));
    }

    /** Names our subprotocol only to who offers it: where none is agreed on, Reactor Netty would never begin to serve. */
    private WebsocketServerSpec spec(ServerHttpRequest request) {
        WebsocketServerSpec.Builder spec = WebsocketServerSpec.builder()
                .maxFramePayloadLength(Math.toIntExact(tools.settings().maxFrameBytes().toBytes()))
                .handlePing(true) // answered by us: a flood of them has to be counted, and not to pile up
                .compress(tools.settings().compression());
        boolean offered = request.getHeaders()
                .getOrEmpty("Sec-WebSocket-Protocol")
                .stream()
                .flatMap(line -> Arrays.stream(line.split(",", -1)))
                .anyMatch(protocol -> protocol.strip().equals(SUBPROTOCOL));
        return (offered ? spec.protocols(SUBPROTOCOL) : spec).build();
    }
}
