package dev.parley.gateway.database;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Says in the database that this node lives: for ten seconds, and again every three. By the database's clock alone, so it does
 * not matter whose clock is wrong. A node that ends by itself says so, and one that is killed is taken for dead when its
 * time is over.
 */
@Component
final class NodeLease implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(NodeLease.class);
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Duration EVERY = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration START = Duration.ofSeconds(30);
    private static final int TRIES = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private static final String BEGIN = """
            insert into nodes (id, alive_until) values ($1, now() + interval '10 seconds')
            on conflict (id) do update set alive_until = excluded.alive_until""";

    private static final String RENEW = "update nodes set alive_until = now() + interval '10 seconds' where id = $1";

    private static final String FORGET_OLD = "delete from nodes where alive_until < now() - interval '1 hour'";

    private static final String FORGET_OTHERS = "delete from nodes where id <> $1";

    private static final String END = "delete from nodes where id = $1";

    private final DatabaseClient database;
    private final ThisNode node;
    private final boolean isAlone;
    private final Disposable.Swap renewing = Disposables.swap();
    private volatile long renewedAt = System.nanoTime();
    private volatile boolean running;

    NodeLease(DatabaseClient database, ThisNode node, DatabaseServer server) {
        this.database = database;
        this.node = node;
        this.isAlone = server.isEmbedded();
    }

    /** Before whatever takes up what others have left. */
    @Override
    public int getPhase() {
        return ThisNode.LIFE;
    }

    /**
     * On the thread that starts the application, which has to wait: what is asked of a node that is not known to live is
     * anybody's.
     */
    @Override
    public void start() {
        running = true;
        // The embedded server serves one process at a time: whoever else is in the table is dead.
        Mono<Long> first = isAlone ? update(FORGET_OTHERS, true) : update(FORGET_OLD, false);
        first.then(update(BEGIN, true)).retryWhen(Retry.fixedDelay(TRIES, PAUSE).filter(DatabaseFailures::away))
                .block(START);
        renewedAt = System.nanoTime();
        renewing.update(Flux.interval(EVERY, Schedulers.parallel())
                .onBackpressureDrop()
                .concatMap(tick -> renew().onErrorResume(error -> {
                    log.debug("The node's lease was not renewed", error);
                    return Mono.empty();
                }), 1)
                .subscribe());
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable stopped) {
        running = false;
        renewing.update(Disposables.disposed());
        renewing.update(update(END, true).timeout(PATIENCE).doFinally(signal -> stopped.run())
                .subscribe(ended -> {}, error -> log.debug("The node's lease was not ended", error)));
    }

    /**
     * A renewal that is under way while the node ends may come after the end, and must not bring the node back to life: it
     * begins anew only where it runs, and others have forgotten it.
     */
    Mono<Long> renew() {
        return Mono.defer(() -> {
            long asked = System.nanoTime();
            Mono<Long> renewal = update(RENEW, true)
                    .flatMap(known -> known == 0 && running ? update(BEGIN, true) : Mono.just(known));
            return renewal.timeout(PATIENCE).doOnSuccess(renewed -> {
                if (System.nanoTime() - renewedAt > LEASE.toNanos()) {
                    log.warn("This node was away for longer than its lease: others may have taken up its answers");
                    node.lapsed();
                }
                renewedAt = asked;
            });
        });
    }

    private Mono<Long> update(String sql, boolean ofThisNode) {
        DatabaseClient.GenericExecuteSpec statement = database.sql(sql);
        return (ofThisNode ? statement.bind("$1", node.id()) : statement).fetch().rowsUpdated().as(Detached::run);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
