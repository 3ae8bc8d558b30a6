package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.server.WebHandler;

/** Where WebSockets are opened (PROTOCOL section 2). */
@Configuration(proxyBeanMethods = false)
class WebSocketRoutes {

    /** Before the routes of REST and of static files, which know nothing of these paths. */
    private static final int ORDER = -1;

    @Bean
    HandlerMapping webSocketEndPoints(WebSocketHandshake handshake) {
        return new SimpleUrlHandlerMapping(Map.<String, WebHandler>of(
                "/ws/dialogs/{id}", exchange -> handshake.follow(exchange, Audience.ADMIN),
                "/ws/site/dialogs/{id}", exchange -> handshake.follow(exchange, Audience.SITE),
                "/ws/widget/dialogs/{id}", exchange -> handshake.follow(exchange, Audience.WIDGET)), ORDER);
    }
}
