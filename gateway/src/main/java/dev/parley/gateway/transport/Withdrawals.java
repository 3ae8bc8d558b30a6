package dev.parley.gateway.transport;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.gateway.access.Authenticator;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.access.Caller.Ground;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.Problems;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Whose right to be here was withdrawn while they are connected. Thousands of connections rest on few grounds, and each
 * ground is asked about once a second, however many rest on it.
 */
@Component
final class Withdrawals implements DisposableBean {

    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration INTERVAL = Duration.ofMillis(900); // less than that of the sweep, which asks

    private final Authenticator authenticator;
    /** For as long as somebody rests on them. */
    private final Cache<Ground, Standing> grounds = Caffeine.newBuilder().weakValues().executor(Runnable::run).build();

    Withdrawals(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    Standing of(Caller caller) {
        return grounds.get(caller.ground(), Standing::new);
    }

    @Override
    public void destroy() {
        grounds.asMap().values().forEach(standing -> standing.asking.dispose());
    }

    /** How a ground stands. */
    final class Standing {

        private final Ground ground;
        private final AtomicLong askedAt = new AtomicLong(System.nanoTime() - INTERVAL.toNanos());
        private final Disposable.Swap asking = Disposables.swap();
        private volatile boolean withdrawn;

        private Standing(Ground ground) {
            this.ground = ground;
        }

        /** What is known by now. Where that is old, it is asked about, and a later call knows. Never waits. */
        boolean isWithdrawn() {
            askAgain();
            return withdrawn;
        }

        /** Whether it is not withdrawn, and that is no old news, for somebody has asked in the last two seconds. */
        boolean isGood() {
            return !withdrawn && System.nanoTime() - askedAt.get() < FRESH.toNanos();
        }

        private void askAgain() {
            long now = System.nanoTime();
            long before = askedAt.get();
            if (now - before < INTERVAL.toNanos() || !askedAt.compareAndSet(before, now)) {
                return;
            }
            asking.update(authenticator.stillAllowed(ground).subscribe(nothing -> {},
                    // Where the database is away nobody knows, and everybody stays.
                    error -> withdrawn = Problems.of(error).problem() == Problem.UNAUTHORIZED,
                    () -> withdrawn = false));
        }
    }
}
