package dev.parley.gateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.problem.Problem;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Slows down the guessing of passwords: after five wrong ones for a username from an address within a minute, the rest of
 * that minute is closed for this pair. Attempts under way count, so many at once give no more guesses. A right password
 * opens the way again. Holds at most 10,000 pairs, each for a minute.
 */
final class LoginThrottle {

    static final int ATTEMPTS = 5;
    static final Duration WINDOW = Duration.ofMinutes(1);

    private static final int MAX_PAIRS = 10_000;

    private final InstantSource clock;
    private final Cache<Pair, Window> windows;

    LoginThrottle(InstantSource clock) {
        this.clock = clock;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_PAIRS)
                .expireAfterWrite(WINDOW)
                .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
                .build();
    }

    private record Pair(String username, String address) {}

    private record Window(Instant start, int attempts) {}

    /** To be called before the password is looked at; fails with {@code RATE_LIMITED} where it may not be. */
    void attempt(String username, @Nullable InetAddress address) {
        Instant now = clock.instant();
        Window window = windows.asMap().merge(pair(username, address), new Window(now, 1), (before, first) -> {
            if (!now.isBefore(before.start().plus(WINDOW))) {
                return first;
            }
            return new Window(before.start(), Math.min(before.attempts() + 1, ATTEMPTS + 1));
        });
        if (window.attempts() > ATTEMPTS) {
            throw Problem.RATE_LIMITED.with("Too many wrong passwords: wait before you try again")
                    .retryAfter(Duration.between(now, window.start().plus(WINDOW)));
        }
    }

    void succeeded(String username, @Nullable InetAddress address) {
        windows.invalidate(pair(username, address));
    }

    private static Pair pair(String username, @Nullable InetAddress address) {
        return new Pair(username.toLowerCase(Locale.ROOT), ClientAddresses.group(address));
    }
}
