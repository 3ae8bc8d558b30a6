package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
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
    HandlerMapping carrierEndPoints(WebSocketHandshake webSockets, SseEndPoint sse, PollEndPoint poll) {
        return new SimpleUrlHandlerMapping(Map.<String, WebHandler>of(
                "/ws/dialogs/{id}", exchange -> webSockets.follow(exchange, Audience.ADMIN),
                "/ws/site/dialogs/{id}", exchange -> webSockets.follow(exchange, Audience.SITE),
                "/ws/widget/dialogs/{id}", exchange -> webSockets.follow(exchange, Audience.WIDGET),
                "/sse/dialogs/{id}", exchange -> sse.follow(exchange, Audience.ADMIN),
                "/sse/site/dialogs/{id}", exchange -> sse.follow(exchange, Audience.SITE),
                "/sse/widget/dialogs/{id}", exchange -> sse.follow(exchange, Audience.WIDGET),
                "/poll/dialogs/{id}", exchange -> poll.follow(exchange, Audience.ADMIN),
                "/poll/site/dialogs/{id}", exchange -> poll.follow(exchange, Audience.SITE),
                "/poll/widget/dialogs/{id}", exchange -> poll.follow(exchange, Audience.WIDGET)), ORDER);
    }
}
