package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * The open connections of this node. One sweep tends them all once a second, instead of a timer for each, and a tenth of them
 * at a time: pings for thousands who came together would else hold up everybody's words for milliseconds. When the node stops
 * they are closed before the web server waits for them.
 */
@Component
final class Connections implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Connections.class);
    private static final int SLICES = 10;
    private static final Duration SWEEP = Duration.ofSeconds(1).dividedBy(SLICES);

    /** Stopped before the web server's graceful shutdown, which else waits for every open connection. */
    static final int PHASE = WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 2;

    private final List<Set<Connection>> slices = Stream.generate(ConcurrentHashMap::<Connection>newKeySet)
            .limit(SLICES)
            .<Set<Connection>>map(slice -> slice)
            .toList();
    private final Map<Kind, AtomicInteger> counts = new ConcurrentHashMap<>();
    private final MeterRegistry meters;
    private final ShutdownSettings settings;
    private final Disposable.Swap sweep = Disposables.swap();
    private volatile boolean running;

    Connections(MeterRegistry meters, ShutdownSettings settings) {
        this.meters = meters;
        this.settings = settings;
    }

    /** Whether new connections are taken. */
    boolean areTaken() {
        return running;
    }

    void add(Connection connection) {
        slice(connection.hashCode()).add(connection);
        count(connection).incrementAndGet();
        if (!running) {
            connection.close(CloseReasons.GOING_AWAY);
        }
    }

    void remove(Connection connection) {
        if (slice(connection.hashCode()).remove(connection)) {
            count(connection).decrementAndGet();
        }
    }

    int size() {
        return slices.stream().mapToInt(Set::size).sum();
    }

    /** Those that are open now; more may come and go meanwhile. */
    Stream<Connection> all() {
        return slices.stream().flatMap(Set::stream);
    }

    private Set<Connection> slice(long number) {
        return slices.get(Math.floorMod(number, SLICES));
    }

    private AtomicInteger count(Connection connection) {
        return counts.computeIfAbsent(new Kind(connection.transport(), connection.audience()), kind -> {
            AtomicInteger count = new AtomicInteger();
            Gauge.builder("parley.connections", count, AtomicInteger::get)
                    .description("Open connections")
                    .tags("transport", kind.transport().word(), "audience", kind.audience().word())
                    .register(meters);
            return count;
        });
    }

    private record Kind(Transport transport, Audience audience) {}

    @Override
    public void start() {
        running = true;
        sweep.update(Flux.interval(SWEEP, Schedulers.parallel())
                .onBackpressureDrop()
                .subscribe(tick -> slice(tick).forEach(connection -> tend(connection, Instant.now()))));
    }

    /** What the sweep does in a second; for tests, at a time of theirs. */
    void tendAll(Instant now) {
        all().forEach(connection -> tend(connection, now));
    }

    private static void tend(Connection connection, Instant now) {
        try {
            connection.tend(now.toEpochMilli());
        } catch (RuntimeException unexpected) {
            log.error("A connection could not be tended, and is closed", unexpected);
            connection.close(CloseReasons.INTERNAL_ERROR);
        }
    }

    @Override
    public void stop() {
        running = false;
        sweep.update(Disposables.disposed());
        // Each at a time of its own, so that they do not all come back at once.
        long drain = settings.drain().toMillis();
        all().forEach(connection -> connection
                .leave(Duration.ofMillis(ThreadLocalRandom.current().nextLong(drain + 1))));
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
