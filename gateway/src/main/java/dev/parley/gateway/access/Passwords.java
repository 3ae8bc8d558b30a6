package dev.parley.gateway.access;

import dev.parley.gateway.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Hashes and checks passwords, which is slow on purpose: on threads of its own (half of the processors), so that logins
 * never stand in the way of dialogs. At most {@value #MAX_WAITING} wait; the next one is {@code UNAVAILABLE}. The hashes
 * say how they were made ({@code {bcrypt}…}), so that another way can follow.
 */
@Component
final class Passwords implements AutoCloseable {

    static final int MIN_BYTES = 10;
    /** BCrypt reads no more. */
    static final int MAX_BYTES = 72;

    private static final int MAX_WAITING = 50;

    private final PasswordEncoder encoder = new DelegatingPasswordEncoder("bcrypt",
            Map.of("bcrypt", new BCryptPasswordEncoder()));
    private final Scheduler scheduler = Schedulers.newBoundedElastic(
            Math.max(1, Runtime.getRuntime().availableProcessors() / 2), MAX_WAITING, "passwords");
    /** Of a password that nobody has: checked where there is no user, so that both cases take as long. */
    private final String nobodysHash = encoder.encode("nobody has this password");

    /** Whether a password has a length that can be used. */
    static boolean isAllowed(String password) {
        int bytes = password.getBytes(StandardCharsets.UTF_8).length;
        return bytes >= MIN_BYTES && bytes <= MAX_BYTES;
    }

    Mono<String> hash(String password) {
        return Mono.fromCallable(() -> encoder.encode(password)).subscribeOn(scheduler).onErrorMap(
                RejectedExecutionException.class, _ -> busy());
    }

    Mono<Boolean> matches(String password, String hash) {
        return Mono.fromCallable(() -> isAllowed(password) && encoder.matches(password, hash)).subscribeOn(scheduler)
                .onErrorMap(RejectedExecutionException.class, _ -> busy());
    }

    /** Takes as long as a wrong password. */
    Mono<Boolean> matchesNobody(String password) {
        return matches(password, nobodysHash).thenReturn(false);
    }

    private static RuntimeException busy() {
        return Problem.UNAVAILABLE.with("Too many logins at once").retryAfter(Duration.ofSeconds(1));
    }

    @Override
    public void close() {
        scheduler.dispose();
    }
}
