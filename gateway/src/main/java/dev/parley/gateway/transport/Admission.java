package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.RequestHead;
import dev.parley.gateway.dialog.Dialog;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
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
    private final Withdrawals withdrawals;

    /** Serves a client that was let in. What it returns may end before the connection does, which gives the seat back. */
    interface Serve<T> {
        Mono<Void> serve(T client, Disposable seat);
    }

    Admission(Authenticator authenticator, Dialogs dialogs, Rooms rooms, FollowParameters parameters,
            Connections connections,
            Seats seats, Withdrawals withdrawals) {
        this.authenticator = authenticator;
        this.dialogs = dialogs;
        this.rooms = rooms;
        this.parameters = parameters;
        this.connections = connections;
        this.seats = seats;
        this.withdrawals = withdrawals;
    }

    /**
     * To the dialog of the path.
     *
     * @param cursor where the client has come to; absent: it wants what comes from now on
     */
    Mono<Void> admit(Arrival arrival, @Nullable String cursor, Serve<Follower> carrier) {
        return newcomer(arrival, cursor)
                .flatMap(follower -> serve(follower, seatWith(follower.dialog().id()), carrier));
    }

    /** As {@link #follower}, for a client that was not here before: a node that stops sends it elsewhere. */
    Mono<Follower> newcomer(Arrival arrival, @Nullable String cursor) {
        return connections.areTaken() ? follower(arrival, cursor) : elsewhere();
    }

    /** Whoever may follow the dialog of the path, without a seat yet. */
    Mono<Follower> follower(Arrival arrival, @Nullable String cursor) {
        return session(arrival.head(), arrival.audience())
                .flatMap(session -> dialogs.find(session.caller(), arrival.dialog())
                        .map(dialog -> parameters.follower(arrival, session, dialog, cursor)));
    }

    /** Who may follow a dialog, and the dialog. */
    record Checked(Session session, Dialog dialog) {}

    /**
     * As {@link #follower}, for a client that was here a moment ago and says where it had come to. It costs no query but now
     * and then.
     */
    Mono<Follower> followerAgain(Arrival arrival, String cursor, Acquaintance acquaintance) {
        Checked known = acquaintance.of(arrival);
        Mono<Checked> checked = known == null ? checked(arrival, acquaintance) : Mono.just(known);
        return checked.flatMap(client -> {
            long dialogId = client.dialog().id();
            try {
                return Mono.just(parameters.follower(arrival, client.session(),
                        client.dialog().grownTo(rooms.newestHeard(dialogId)), cursor));
            } catch (ProblemException wrong) {
                // It may have grown where this node did not hear it, and the cursor be right.
                return dialogs.find(client.session().caller(), dialogId)
                        .map(dialog -> parameters.follower(arrival, client.session(), dialog, cursor));
            }
        });
    }

    private Mono<Checked> checked(Arrival arrival, Acquaintance acquaintance) {
        return session(arrival.head(), arrival.audience())
                .flatMap(session -> dialogs.findAgain(session.caller(), arrival.dialog())
                        .map(dialog -> new Checked(session, dialog)))
                .doOnNext(checked -> acquaintance.remember(arrival, checked,
                        withdrawals.of(checked.session().caller())));
    }

    /** To no dialog yet: the client names them later. */
    Mono<Void> admit(RequestHead head, Audience audience, Serve<Session> carrier) {
        return connections.areTaken()
                ? session(head, audience).flatMap(session -> serve(session, seats.take(), carrier))
                : elsewhere();
    }

    /** To a dialog, as one of many on a connection that is open already. */
    Mono<Follower> subscribe(Permit permit, long dialogId, ClientFrame.Subscribe wish) {
        return dialogs.find(permit.caller(), dialogId)
                .map(dialog -> parameters.follower(permit.audience(), permit.session(), dialog, wish));
    }

    /** A seat for a connection that follows this dialog alone, until it is disposed of. */
    Disposable seatWith(long dialogId) {
        return seats.takeWith(dialogId);
    }

    /** A seat for this dialog on a connection that has one already, until it is disposed of. */
    Disposable seatIn(long dialogId) {
        return seats.takeIn(dialogId);
    }

    private Mono<Session> session(RequestHead head, Audience audience) {
        return authenticator.authenticate(audience, head);
    }

    private static <T> Mono<T> elsewhere() {
        return Mono.error(Problem.UNAVAILABLE.exception());
    }

    private static <T> Mono<Void> serve(T client, Disposable seat, Serve<T> carrier) {
        return Mono.defer(() -> carrier.serve(client, seat))
                .doOnError(error -> seat.dispose()).doOnCancel(seat::dispose);
    }
}
