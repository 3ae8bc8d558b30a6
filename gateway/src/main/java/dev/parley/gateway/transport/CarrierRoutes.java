package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.problem.Problem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import io.micrometer.observation.ObservationPredicate;
import org.springframework.core.Ordered;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.observation.ServerRequestObservationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.WebHandler;
import reactor.core.publisher.Mono;

/** Where dialogs are followed (PROTOCOL section 2): three carriers, each for three audiences. */
@Configuration(proxyBeanMethods = false)
class CarrierRoutes {

    /** Before all other routes, none of which knows these paths: who polls does so often. */
    private static final int ORDER = Ordered.HIGHEST_PRECEDENCE;
    private static final List<String> PATHS = List.of("/ws", "/sse", "/poll");

    private static final String VERSION_HEADER = "Sec-WebSocket-Version";
    private static final String KEY_HEADER = "Sec-WebSocket-Key";
    private static final String VERSION = "13";

    @Bean
    HandlerMapping carrierEndPoints(Entrance entrance, WebSocketHandshake webSockets, SseEndPoint sse,
            PollEndPoint polls) {
        Map<String, WebHandler> handlers = new HashMap<>();
        for (Audience audience : Audience.values()) {
            String part = audience == Audience.ADMIN ? "" : "/" + audience.word();
            String dialog = part + "/dialogs/{id}";
            handlers.put("/ws" + part, entrance.to(Transport.WEBSOCKET,
                    webSocket(exchange -> webSockets.open(exchange, audience))));
            handlers.put("/ws" + dialog, entrance.to(Transport.WEBSOCKET,
                    webSocket(exchange -> webSockets.follow(exchange, audience))));
            handlers.put("/sse" + dialog, entrance.to(Transport.SSE, get(exchange -> sse.follow(exchange, audience))));
            handlers.put("/poll" + dialog,
                    get(exchange -> polls.answer(exchange, audience)));
        }
        return new SimpleUrlHandlerMapping(handlers, ORDER);
    }

    /** They have statistics of their own; among requests that are answered at once they would only blur the picture. */
    @Bean
    ObservationPredicate carriersAreNoRequests() {
        return (name, context) -> !(context instanceof ServerRequestObservationContext server)
                || server.getCarrier() == null || !isCarrier(server.getCarrier());
    }

    private static boolean isCarrier(ServerHttpRequest request) {
        String path = request.getPath().value();
        return PATHS.stream().anyMatch(start -> path.startsWith(start)
                && (path.length() == start.length() || path.charAt(start.length()) == '/'));
    }

    private static WebHandler get(WebHandler carrier) {
        return exchange -> exchange.getRequest().getMethod().equals(HttpMethod.GET)
                ? carrier.handle(exchange)
                : Mono.error(new MethodNotAllowedException(exchange.getRequest().getMethod(), List.of(HttpMethod.GET)));
    }

    /** Only for the one version that there is a standard of; Netty would still open its drafts (RFC 6455, section 4.4). */
    private static WebHandler webSocket(WebHandler carrier) {
        return get(exchange -> {
            HttpHeaders headers = exchange.getRequest().getHeaders();
            if (headers.getUpgrade() != null
                    && (!VERSION.equals(headers.getFirst(VERSION_HEADER)) || headers.getFirst(KEY_HEADER) == null)) {
                exchange.getResponse().getHeaders().set(VERSION_HEADER, VERSION);
                return Mono.error(Problem.BAD_REQUEST.with("Open this address as a WebSocket of version " + VERSION));
            }
            return carrier.handle(exchange);
        });
    }
}
