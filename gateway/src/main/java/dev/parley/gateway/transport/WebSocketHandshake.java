package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.problem.Problem;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.WebsocketServerSpec;

/**
 * Decides whether a WebSocket is opened, before it is: whoever may not follow the dialog gets an HTTP answer that says why.
 */
@Component
final class WebSocketHandshake {

    private static final String SUBPROTOCOL = "parley";

    private final Authenticator authenticator;
    private final Dialogs dialogs;
    private final FollowParameters parameters;
    private final WebSocketTools tools;

    WebSocketHandshake(Authenticator authenticator, Dialogs dialogs, FollowParameters parameters,
            WebSocketTools tools) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.parameters = parameters;
        this.tools = tools;
    }

    Mono<Void> follow(ServerWebExchange exchange, Audience audience) {
        ServerHttpRequest request = exchange.getRequest();
        if (!tools.connections().areTaken()) {
            return Mono.error(Problem.UNAVAILABLE.exception());
        }
        return authenticator.authenticate(audience, request)
                .flatMap(session -> dialogs.find(session.caller(), dialogId(exchange))
                        .map(dialog -> parameters.follower(audience, session, dialog, request.getQueryParams())))
                .flatMap(follower -> upgrade(exchange, follower));
    }

    private static long dialogId(ServerWebExchange exchange) {
        Map<String, String> variables = exchange
                .getRequiredAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        String id = variables.getOrDefault("id", "");
        try {
            return Long.parseLong(id);
        } catch (NumberFormatException noId) {
            throw Problem.NOT_FOUND.exception();
        }
    }

    /** Straight to Reactor Netty: Spring's session would hold the handshake's headers for as long as the socket is open. */
    private Mono<Void> upgrade(ServerWebExchange exchange, Follower follower) {
        if (!"websocket".equalsIgnoreCase(exchange.getRequest().getHeaders().getUpgrade())) {
            return Mono.error(Problem.BAD_REQUEST.with("Open this address as a WebSocket"));
        }
        HttpServerResponse response = ServerHttpResponseDecorator.getNativeResponse(exchange.getResponse());
        WebSocketConnection connection = new WebSocketConnection(follower, tools, hardClose(exchange.getRequest()));
        WebsocketServerSpec spec = WebsocketServerSpec.builder()
                .protocols(SUBPROTOCOL)
                .maxFramePayloadLength(Math.toIntExact(tools.settings().maxFrameBytes().toBytes()))
                .compress(false)
                .build();
        // What is to be done before a response is committed is done before the upgrade, which commits it. The upgrade
        // itself has to be done on the channel's own thread: done on another (the database's, here), it leaves a moment
        // between the client's learning of it and the connection's being ready, in which Reactor Netty drops frames.
        return exchange.getResponse()
                .setComplete()
                .then(Mono.<Void>defer(() -> Mono.from(response.sendWebsocket(connection::run, spec)))
                        .subscribeOn(Schedulers.fromExecutor(eventLoop(exchange.getRequest()))));
    }

    private static Executor eventLoop(ServerHttpRequest request) {
        HttpServerRequest server = ServerHttpRequestDecorator.getNativeRequest(request);
        AtomicReference<Executor> loop = new AtomicReference<>(Runnable::run);
        server.withConnection(connection -> loop.set(connection.channel().eventLoop()));
        return loop.get();
    }

    /** Closes the channel and drops what its kernel buffer holds, which a client that does not read would keep alive. */
    private static Runnable hardClose(ServerHttpRequest request) {
        HttpServerRequest server = ServerHttpRequestDecorator.getNativeRequest(request);
        return () -> server.withConnection(connection -> {
            Channel channel = connection.channel();
            channel.eventLoop().execute(() -> reset(channel));
        });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // whether it was open or not, it is closed afterwards
    private static void reset(Channel channel) {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }
}
