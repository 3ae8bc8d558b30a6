package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import java.util.HashMap;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.server.WebHandler;

/** Where dialogs are followed (PROTOCOL section 2). */
@Configuration(proxyBeanMethods = false)
class CarrierRoutes {

    /** Before the routes of REST and of static files, which know nothing of these paths. */
    private static final int ORDER = -1;

    @Bean
    HandlerMapping carrierEndPoints(Entrance entrance, WebSocketHandshake webSockets, SseEndPoint sse,
            PollEndPoint poll) {
        Map<String, WebHandler> paths = new HashMap<>();
        for (Audience audience : Audience.values()) {
            String dialog = switch (audience) {
                case ADMIN -> "/dialogs/{id}";
                case SITE -> "/site/dialogs/{id}";
                case WIDGET -> "/widget/dialogs/{id}";
            };
            paths.put("/ws" + dialog,
                    entrance.to(Transport.WEBSOCKET, exchange -> webSockets.follow(exchange, audience)));
            paths.put("/sse" + dialog, entrance.to(Transport.SSE, exchange -> sse.follow(exchange, audience)));
            paths.put("/poll" + dialog, entrance.to(Transport.POLL, exchange -> poll.follow(exchange, audience)));
        }
        return new SimpleUrlHandlerMapping(paths, ORDER);
    }
}
