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
    HandlerMapping carrierEndPoints(WebSocketHandshake webSockets, SseEndPoint sse, PollEndPoint poll) {
        Map<String, WebHandler> handlers = new HashMap<>();
        for (Audience audience : Audience.values()) {
            String part = audience == Audience.ADMIN ? "" : "/" + audience.word();
            handlers.put("/ws" + part, exchange -> webSockets.open(exchange, audience));
            handlers.put("/ws" + part + "/dialogs/{id}", exchange -> webSockets.follow(exchange, audience));
            handlers.put("/sse" + part + "/dialogs/{id}", exchange -> sse.follow(exchange, audience));
            handlers.put("/poll" + part + "/dialogs/{id}", exchange -> poll.follow(exchange, audience));
        }
        return new SimpleUrlHandlerMapping(handlers, ORDER);
    }
}
