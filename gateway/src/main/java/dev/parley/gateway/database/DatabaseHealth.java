package dev.parley.gateway.database;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Whether the database answers, told within two seconds even when it is frozen. There is one question at a time: who asks
 * meanwhile waits for its answer, and who gives up does not cancel it. So a frozen server holds one connection of the pool
 * for this, and not one for each time that somebody asks.
 */
final class DatabaseHealth implements ReactiveHealthIndicator {

    static final Duration LIMIT = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(DatabaseHealth.class);

    private final Mono<Health> question;
    private final AtomicReference<@Nullable Mono<Health>> asked = new AtomicReference<>();
    private final AtomicBoolean down = new AtomicBoolean();

    DatabaseHealth(ConnectionFactory connections) {
        question = Flux.usingWhen(connections.create(), DatabaseHealth::ask, Connection::close)
                .then(Mono.fromSupplier(() -> Health.up().build()));
    }

    @Override
    public Mono<Health> health() {
        return Mono.defer(this::answer).timeout(LIMIT).doOnNext(answer -> recovered())
                .onErrorResume(error -> Mono.fromSupplier(() -> failed(error)));
    }

    private Mono<Health> answer() {
        Mono<Health> fresh = question.doFinally(end -> asked.set(null)).cache();
        Mono<Health> running = asked.compareAndExchange(null, fresh);
        return running == null ? fresh : running;
    }

    private static Flux<Integer> ask(Connection connection) {
        return Flux.from(connection.createStatement("select 1").execute())
                .concatMap(result -> result.map((row, columns) -> 1));
    }

    private void recovered() {
        if (down.compareAndSet(true, false)) {
            log.info("The database answers again");
        }
    }

    private Health failed(Throwable error) {
        String reason = error instanceof TimeoutException
                ? "no answer within " + LIMIT.toSeconds() + " s"
                : error.toString();
        if (down.compareAndSet(false, true)) {
            log.warn("The database is away: {}", reason);
        }
        return Health.down().withDetail("reason", reason).build();
    }
}
