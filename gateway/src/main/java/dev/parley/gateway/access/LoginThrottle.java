package dev.parley.gateway.access;

import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Slows down the guessing of passwords: for a username from an address there are five wrong ones, on all nodes together, and
 * after that one every twelve seconds. Attempts under way count, so many at once give no more guesses.
 */
@Component
final class LoginThrottle {

    private static final Rate GUESSES = Rate.perMinute(5);

    private final RateLimit guesses;

    LoginThrottle(RateLimits limits) {
        this.guesses = limits.limit("logins", GUESSES, "Too many wrong passwords: wait before you try again");
    }

    /**
     * Looks at a password, where it may be looked at; fails with {@code RATE_LIMITED} where not. What cannot be told, since the
     * check fails, was no guess.
     *
     * @param check gives nothing where the password is wrong
     */
    <T> Mono<Optional<T>> attempt(String username, @Nullable InetAddress address, Mono<Optional<T>> check) {
        String guesser = username.toLowerCase(Locale.ROOT) + "@" + ClientAddresses.group(address);
        return guesses.count(guesser, check, Optional::isEmpty);
    }
}
