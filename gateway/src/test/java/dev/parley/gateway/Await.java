package dev.parley.gateway;

import java.time.Duration;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Waits in a test for what must come. */
public final class Await {

    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private Await() {}

    /** The value, which must come. */
    public static <T> T await(Mono<T> mono) {
        return Objects.requireNonNull(mono.block(PATIENCE), "nothing came");
    }
}
