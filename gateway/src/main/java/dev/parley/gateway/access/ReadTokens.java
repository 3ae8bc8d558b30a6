package dev.parley.gateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.Function;

/**
 * What signed tokens say, for those who come with the same token again and again, as a client that polls does: its signature
 * and its form need to be checked once. Whether it has ended is another question, and asked each time.
 */
final class ReadTokens<T> {

    private static final int MAX_TOKENS = 10_000;
    private static final Duration KEPT = Duration.ofMinutes(5);

    private final Cache<String, T> read = Caffeine.newBuilder().maximumSize(MAX_TOKENS).expireAfterAccess(KEPT)
            .executor(Runnable::run).build();

    /** What the token says; {@code reader} throws where it is no good, which is not remembered. */
    T read(String token, Function<String, T> reader) {
        T known = read.getIfPresent(token);
        return known == null ? read.get(token, reader) : known;
    }
}
