package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.problem.Problem;
import io.netty.channel.ChannelOption;
import java.util.List;
import java.util.Map;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.reactive.socket.server.WebSocketService;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/**
 * Decides whether a WebSocket is opened, before it is: whoever may not follow the dialog gets an HTTP answer that says why.
 */
@Component
final class WebSocketHandshake {

    private static final String SUBPROTOCOL = "parley";

    private final Authenticator authenticator;
    private final Dialogs dialogs;
    private final FollowParameters parameters;
    private final WebSocketService upgrades;
    private final WebSocketTools tools;

    WebSocketHandshake(Authenticator authenticator, Dialogs dialogs, FollowParameters parameters,
            WebSocketService upgrades, WebSocketTools tools) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.parameters = parameters;
        this.upgrades = upgrades;
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
                .flatMap(follower -> upgrades.handleRequest(exchange, handler(follower, request)));
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

    private WebSocketHandler handler(Follower follower, ServerHttpRequest request) {
        Runnable hardClose = hardClose(request);
        return new WebSocketHandler() {
            @Override
            public List<String> getSubProtocols() {
                return List.of(SUBPROTOCOL);
            }

            @Override
            public Mono<Void> handle(WebSocketSession session) {
                return new WebSocketConnection(follower, tools, hardClose).run(session);
            }
        };
    }

    /** Closes the channel and drops what its kernel buffer holds, which a client that does not read would keep alive. */
    @SuppressWarnings("FutureReturnValueIgnored") // whether it was open or closed already, it is closed afterwards
    private static Runnable hardClose(ServerHttpRequest request) {
        HttpServerRequest server = ServerHttpRequestDecorator.getNativeRequest(request);
        return () -> server.withConnection(connection -> {
            connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
            connection.channel().close();
        });
    }
}
