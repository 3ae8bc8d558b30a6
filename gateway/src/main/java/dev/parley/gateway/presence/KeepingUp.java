package dev.parley.gateway.presence;

import dev.parley.gateway.database.DatabaseFailures;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Lets time pass for {@link Attendances}, with one sweep for all, and writes what they note, with one statement for many.
 *
 * <p>So after a crash a mark may be a second old, and {@code last_seen} five minutes. That does no harm: marks are cumulative,
 * and clients send them again. Where the database is away, all is kept in memory and written when it is back.
 */
@Component
final class KeepingUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(KeepingUp.class);

    private static final Duration SWEEP = Duration.ofMillis(250);
    private static final Duration WRITE = Duration.ofSeconds(1);
    private static final Duration LAST_WRITE = Duration.ofSeconds(5);
    private static final int BATCH = 1000;

    private final Attendances attendances;
    private final Kept kept;
    private final Scheduler clock;
    private final Counter statements;
    private final Counter rows;
    private final Disposable.Swap running = Disposables.swap();
    private volatile boolean started;

    @Autowired
    KeepingUp(Attendances attendances, Kept kept, MeterRegistry meters) {
        this(attendances, kept, meters, Schedulers.parallel());
    }

    KeepingUp(Attendances attendances, Kept kept, MeterRegistry meters, Scheduler clock) {
        this.attendances = attendances;
        this.kept = kept;
        this.clock = clock;
        this.statements = Counter.builder("parley.receipts.writes")
                .description("Statements that wrote marks and times of presence")
                .register(meters);
        this.rows = Counter.builder("parley.receipts.rows")
                .description("Rows that they wrote")
                .register(meters);
    }

    @Override
    public void start() {
        started = true;
        running.update(Disposables.composite(
                Flux.interval(SWEEP, clock).onBackpressureDrop().subscribe(tick -> attendances.sweep()),
                Flux.interval(WRITE, clock).onBackpressureDrop().concatMap(tick -> write(), 0).subscribe()));
    }

    /** Writes all that is unwritten, batch by batch. It never fails: what could not be written is tried again later. */
    Mono<Void> write() {
        return Mono.fromSupplier(() -> attendances.takeUnwritten(BATCH))
                .filter(batch -> !batch.isEmpty())
                .flatMap(batch -> write(batch)
                        .then(Mono.fromRunnable(() -> attendances.written(batch)))
                        .then(Mono.defer(this::write))
                        .onErrorResume(error -> Mono.fromRunnable(() -> tryLater(batch, error))));
    }

    private Mono<Void> write(List<Kept.Row> batch) {
        return Mono.defer(() -> kept.write(batch)).doOnSuccess(done -> {
            statements.increment();
            rows.increment(batch.size());
        }).onErrorResume(error -> !DatabaseFailures.away(error), error -> writeEach(batch, error));
    }

    /** A row that PostgreSQL does not take must not keep all others from being written, nor be tried for ever. */
    private Mono<Void> writeEach(List<Kept.Row> batch, Throwable error) {
        if (batch.size() == 1) {
            log.warn("The marks of somebody in dialog {} cannot be written", batch.getFirst().dialogId(), error);
            return Mono.empty();
        }
        return Flux.fromIterable(batch).concatMap(row -> write(List.of(row))).then();
    }

    private void tryLater(List<Kept.Row> batch, Throwable error) {
        log.debug("Marks of {} people are not written yet", batch.size(), error);
        attendances.putBack(batch);
    }

    @Override
    public void stop(Runnable callback) {
        started = false;
        running.update(Disposables.disposed());
        attendances.seeAllOff();
        // Nobody disposes of this: it ends by itself, in time.
        write().timeout(LAST_WRITE, Mono.empty()).doFinally(end -> callback.run()).subscribe();
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public boolean isRunning() {
        return started;
    }

    /** Stopped when no client can say anything any more. */
    @Override
    public int getPhase() {
        return WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 1;
    }
}
