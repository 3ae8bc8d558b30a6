package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.problem.Problem;
import reactor.core.publisher.Mono;

/** The right of one connection to go on: it ends with its token, unless a fresh one comes, or when it is withdrawn. */
final class Permit {

    private final Withdrawals withdrawals;
    private final Audience audience;
    private volatile Right right;

    /** @param endsAt milliseconds since the epoch */
    private record Right(Session session, Withdrawals.Standing standing, long endsAt) {}

    Permit(Withdrawals withdrawals, Audience audience, Session session) {
        this.withdrawals = withdrawals;
        this.audience = audience;
        this.right = right(session);
    }

    private Right right(Session session) {
        return new Right(session, withdrawals.of(session.caller()), session.expiresAt().toEpochMilli());
    }

    Audience audience() {
        return audience;
    }

    Caller caller() {
        return session().caller();
    }

    Session session() {
        return right.session();
    }

    /** Goes on under a fresh token of the same caller. */
    Mono<Void> renew(Authenticator authenticator, String token) {
        return authenticator.authenticate(audience, token).doOnNext(fresh -> {
            if (!fresh.caller().key().equals(caller().key())) {
                throw Problem.FORBIDDEN.with("The token is somebody else's");
            }
            right = right(fresh);
        }).then();
    }

    /** To be asked about once a second; it learns of a withdrawal between two calls. */
    boolean hasEnded(long now) {
        Right current = right;
        return current.standing().isWithdrawn() || now > current.endsAt();
    }
}
