package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import java.util.HashMap;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.server.WebHandler;

/** Where dialogs are followed (PROTOCOL section 2): three carriers, each for three audiences. */
@Configuration(proxyBeanMethods = false)
class CarrierRoutes {

    /** Before the routes of REST and of static files, which know nothing of these paths. */
    private static final int ORDER = -1;

    @Bean
    HandlerMapping carrierEndPoints(Entrance entrance, WebSocketHandshake webSockets, SseEndPoint sse,
            PollEndPoint poll) {
        Map<String, WebHandler> handlers = new HashMap<>();
        for (Audience audience : Audience.values()) {
            String part = audience == Audience.ADMIN ? "" : "/" + audience.word();
            String dialog = part + "/dialogs/{id}";
            handlers.put("/ws" + part,
                    entrance.to(Transport.WEBSOCKET, exchange -> webSockets.open(exchange, audience)));
            handlers.put("/ws" + dialog,
                    entrance.to(Transport.WEBSOCKET, exchange -> webSockets.follow(exchange, audience)));
            handlers.put("/sse" + dialog, entrance.to(Transport.SSE, exchange -> sse.follow(exchange, audience)));
            handlers.put("/poll" + dialog, entrance.to(Transport.POLL, exchange -> poll.follow(exchange, audience)));
        }
        return new SimpleUrlHandlerMapping(handlers, ORDER);
    }
}
