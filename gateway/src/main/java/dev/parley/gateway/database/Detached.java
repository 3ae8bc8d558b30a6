package dev.parley.gateway.database;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Mono;

/**
 * Runs database work to its end, whoever is still watching.
 *
 * <p>A client that leaves cancels the chain that serves it. Were that chain to reach into the driver, a query would be
 * cancelled in mid-flight, which r2dbc-postgresql 1.1.1 does not survive in every case: the connection goes back to the
 * pool with another query's answer still on it, and later users of that connection hang. So the work is subscribed to on
 * its own, and the subscriber of the returned {@code Mono} only watches. The work bounds itself: the pool limits the wait
 * for a connection, and the server limits each statement ({@code statement_timeout}).
 */
public final class Detached {

    /** Longer than the pool's patience and the statement's limit together: only a server that is frozen is given up on. */
    private static final Duration PATIENCE = Duration.ofSeconds(9);

    private Detached() {}

    /**
     * For {@code work.as(Detached::run)}: the same result, and a cancellation that does not reach {@code work}. Nobody
     * watches for longer than nine seconds: then it fails as {@link dev.parley.gateway.problem.Problem#UNAVAILABLE}, and
     * what becomes of the work is not known.
     */
    public static <T> Mono<T> run(Mono<T> work) {
        return Mono.<T>create(watcher -> work.contextWrite(watcher.contextView())
                .subscribe(watcher::success, watcher::error, watcher::success))
                .timeout(PATIENCE, Mono.error(() -> DatabaseFailures.unavailable(new TimeoutException())));
    }
}
