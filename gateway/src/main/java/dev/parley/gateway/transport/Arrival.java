package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.web.Parameters;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * A request to follow the dialog of its path.
 *
 * @param dialogId as the client wrote it
 */
record Arrival(ServerHttpRequest request, Audience audience, String dialogId) {

    /** One that Spring has found the way for. */
    static Arrival of(ServerWebExchange exchange, Audience audience) {
        Map<String, String> variables = exchange
                .getRequiredAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        return new Arrival(exchange.getRequest(), audience, variables.getOrDefault("id", ""));
    }

    /** The dialog's number, or an error that says what one looks like. */
    long dialog() {
        return Parameters.id(dialogId);
    }

    @Nullable
    String parameter(String name) {
        return request.getQueryParams().getFirst(name);
    }
}
