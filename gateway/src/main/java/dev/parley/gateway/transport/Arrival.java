package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.web.Parameters;
import dev.parley.gateway.web.RequestHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;

/**
 * A request to follow the dialog of its path.
 *
 * @param dialogId as the client wrote it
 */
record Arrival(RequestHead head, Audience audience, String dialogId) {

    /** One that Spring has found the way for. */
    static Arrival of(ServerWebExchange exchange, Audience audience) {
        Map<String, String> variables = exchange
                .getRequiredAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        return new Arrival(RequestHead.of(exchange.getRequest()), audience, variables.getOrDefault("id", ""));
    }

    /** The dialog's number; what is none names nothing. */
    long dialog() {
        return Parameters.id(dialogId);
    }

    @Nullable
    String parameter(String name) {
        return head.parameter(name);
    }
}
