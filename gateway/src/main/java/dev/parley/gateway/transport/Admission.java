package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Parameters;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Decides who may follow a dialog, and whether there is a seat left, before anything is opened: whoever may not gets an HTTP
 * answer that says why.
 */
@Component
final class Admission {

    private final Authenticator authenticator;
    private final Dialogs dialogs;
    private final FollowParameters parameters;
    private final Connections connections;
    private final Seats seats;

    /** Serves a client that was let in. What it returns may end before the connection does, which gives the seat back. */
    interface Serve {
        Mono<Void> serve(Follower follower, Disposable seat);
    }

    Admission(Authenticator authenticator, Dialogs dialogs, FollowParameters parameters, Connections connections,
            Seats seats) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.parameters = parameters;
        this.connections = connections;
        this.seats = seats;
    }

    /** @param cursor where the client has come to; absent: it wants what comes from now on */
    Mono<Void> admit(ServerWebExchange exchange, Audience audience, @Nullable String cursor, Serve carrier) {
        if (!connections.areTaken()) {
            return Mono.error(Problem.UNAVAILABLE.exception());
        }
        return authenticator.authenticate(audience, exchange.getRequest())
                .flatMap(session -> dialogs.find(session.caller(), dialogId(exchange))
                        .map(dialog -> parameters.follower(audience, session, dialog, cursor,
                                exchange.getRequest().getQueryParams())))
                .flatMap(follower -> serve(follower, carrier));
    }

    private Mono<Void> serve(Follower follower, Serve carrier) {
        Disposable seat = seats.take(follower.dialog().id());
        return Mono.defer(() -> carrier.serve(follower, seat))
                .doOnError(error -> seat.dispose()).doOnCancel(seat::dispose);
    }

    private static long dialogId(ServerWebExchange exchange) {
        Map<String, String> variables = exchange
                .getRequiredAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        return Parameters.id(variables.getOrDefault("id", ""));
    }
}
