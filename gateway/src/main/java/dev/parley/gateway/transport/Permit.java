package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Session;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Problems;
import java.time.Instant;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** The right of one connection to go on: it ends with its token, unless a fresh one comes, or when it is withdrawn. */
final class Permit implements Disposable {

    private final Authenticator authenticator;
    private final Audience audience;
    private volatile Session session;
    private volatile boolean withdrawn;
    private volatile Disposable asking = Disposables.disposed();

    Permit(Authenticator authenticator, Audience audience, Session session) {
        this.authenticator = authenticator;
        this.audience = audience;
        this.session = session;
    }

    Audience audience() {
        return audience;
    }

    Caller caller() {
        return session.caller();
    }

    /** Goes on under a fresh token of the same caller. */
    Mono<Void> renew(String token) {
        return authenticator.authenticate(audience, token).doOnNext(fresh -> {
            if (!fresh.caller().key().equals(caller().key())) {
                throw Problem.FORBIDDEN.with("The token is somebody else's");
            }
            session = fresh;
        }).then();
    }

    Session session() {
        return session;
    }

    /** To be asked by one thread at a time, about once a second; it learns of a withdrawal between two calls. */
    boolean hasEnded(Instant now) {
        if (asking.isDisposed()) {
            asking = authenticator.stillAllowed(caller()).subscribe(nothing -> {},
                    // Where the database is away nobody knows, and everybody stays.
                    error -> withdrawn = Problems.of(error).problem() == Problem.UNAUTHORIZED);
        }
        return withdrawn || now.isAfter(session.expiresAt());
    }

    @Override
    public void dispose() {
        asking.dispose();
    }
}
