package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Parameters;
import dev.parley.gateway.web.Problems;
import dev.parley.gateway.dialog.Dialog;
import java.util.function.Function;
import org.springframework.util.MultiValueMap;
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
    private final Rooms rooms;
    private final FollowParameters parameters;
    private final Connections connections;
    private final Seats seats;

    /** Serves a client that was let in. What it returns may end before the connection does, which gives the seat back. */
    interface Serve<T> {
        Mono<Void> serve(T client, Disposable seat);
    }

    Admission(Authenticator authenticator, Dialogs dialogs, Rooms rooms, FollowParameters parameters,
            Connections connections,
            Seats seats) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.rooms = rooms;
        this.parameters = parameters;
        this.connections = connections;
        this.seats = seats;
    }

    /**
     * To one dialog, that of the path.
     *
     * @param cursor where the client has come to; absent: it wants what comes from now on
     */
    Mono<Void> admit(ServerWebExchange exchange, Audience audience, @Nullable String cursor, Serve<Follower> carrier) {
        return session(exchange, audience)
                .flatMap(session -> dialogs.find(session.caller(), dialogId(exchange))
                        .map(dialog -> parameters.follower(audience, session, dialog, cursor,
                                exchange.getRequest().getQueryParams())))
                .flatMap(follower -> serve(follower, seats.takeWith(follower.dialog().id()), carrier));
    }

    /**
     * As {@link #admit(ServerWebExchange, Audience, String, Serve)}, for a client that was here a moment ago and says where it
     * had come to. It costs no query but now and then.
     */
    Mono<Void> admitAgain(ServerWebExchange exchange, Audience audience, String cursor, Serve<Follower> carrier) {
        MultiValueMap<String, String> query = exchange.getRequest().getQueryParams();
        return session(exchange, audience).flatMap(session -> {
            long dialogId = dialogId(exchange);
            Function<Dialog, Follower> follower = dialog -> parameters.follower(audience, session, dialog, cursor,
                    query);
            return dialogs.findAgain(session.caller(), dialogId)
                    .map(dialog -> follower.apply(dialog.grownTo(rooms.newestHeard(dialogId))))
                    // It may have grown where this node did not hear it, and the cursor be right.
                    .onErrorResume(Admission::isBadRequest,
                            wrong -> dialogs.find(session.caller(), dialogId).map(follower));
        }).flatMap(follower -> serve(follower, seats.takeWith(follower.dialog().id()), carrier));
    }

    private static boolean isBadRequest(Throwable error) {
        return Problems.of(error).problem() == Problem.BAD_REQUEST;
    }

    /** To no dialog yet: the client names them later. */
    Mono<Void> admit(ServerWebExchange exchange, Audience audience, Serve<Session> carrier) {
        return session(exchange, audience).flatMap(session -> serve(session, seats.take(), carrier));
    }

    /** To a dialog, as one of many on a connection that is open already. */
    Mono<Follower> subscribe(Permit permit, long dialogId, ClientFrame.Subscribe wish) {
        return dialogs.find(permit.caller(), dialogId)
                .map(dialog -> parameters.follower(permit.audience(), permit.session(), dialog, wish));
    }

    /** A seat for it, until it is disposed of. */
    Disposable seatIn(long dialogId) {
        return seats.takeIn(dialogId);
    }

    private Mono<Session> session(ServerWebExchange exchange, Audience audience) {
        return connections.areTaken()
                ? authenticator.authenticate(audience, exchange.getRequest())
                : Mono.error(Problem.UNAVAILABLE.exception());
    }

    private static <T> Mono<Void> serve(T client, Disposable seat, Serve<T> carrier) {
        return Mono.defer(() -> carrier.serve(client, seat))
                .doOnError(error -> seat.dispose()).doOnCancel(seat::dispose);
    }

    private static long dialogId(ServerWebExchange exchange) {
        Map<String, String> variables = exchange
                .getRequiredAttribute(HandlerMapping.URI_TEMPLATE_VARIABLES_ATTRIBUTE);
        return Parameters.id(variables.getOrDefault("id", ""));
    }
}
