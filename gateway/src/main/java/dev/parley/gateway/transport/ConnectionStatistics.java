package dev.parley.gateway.transport;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.parley.gateway.problem.Problem;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * What becomes of connections, since the node started. Carriers tell it; {@link ConnectionStatsHandler} and the meters show
 * it. A poll is a connection for as long as it is being answered. Recording is safe for all threads, takes well under a
 * microsecond and never waits.
 */
@Component
final class ConnectionStatistics {

    /** Codes that connections end with often enough to be told apart; clients may send thousands of others. */
    private static final Set<Integer> KNOWN_CODES = Set.of(1000, 1001, 1003, 1006, 1007, 1008, 1009, 1011, 1012, 1013,
            4401, 4403, 4404, 4408, 4429);

    private final Map<Transport, OfTransport> transports = new EnumMap<>(Transport.class);
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger peak = new AtomicInteger();
    private final LastMinute openings;
    private final Tally refused;
    private final Tally fallbacks;
    private final Tally closes;
    private final LongAdder merged = new LongAdder();
    private final LongAdder reread = new LongAdder();
    private final LongAdder missedPings = new LongAdder();
    private final Durations handOvers = new Durations();
    private final Durations roundTrips = new Durations();
    private final Timer roundTripTimer;

    @Autowired
    ConnectionStatistics(MeterRegistry meters) {
        this(meters, Ticker.systemTicker());
    }

    ConnectionStatistics(MeterRegistry meters, Ticker clock) {
        for (Transport transport : Transport.values()) {
            transports.put(transport, new OfTransport(transport, meters));
        }
        openings = new LastMinute(clock);
        refused = new Tally(meters, "parley.connections.refused", "Connections that were not opened", "transport",
                "reason");
        fallbacks = new Tally(meters, "parley.connections.fallbacks", "Clients that went on by another transport",
                "from",
                "to");
        closes = new Tally(meters, "parley.connections.closes", "WebSockets that have ended", "code");
        count(meters, "parley.delivery.merged", "Events that were merged with others for slow clients", merged);
        count(meters, "parley.delivery.reread", "Events that slow clients had to be given from the log", reread);
        count(meters, "parley.websocket.pings.missed", "Pings that no pong came for", missedPings);
        roundTripTimer = Timer.builder("parley.websocket.round.trip")
                .description("From a ping to its pong")
                .register(meters);
    }

    private static void count(MeterRegistry meters, String name, String description, LongAdder count) {
        FunctionCounter.builder(name, count, LongAdder::sum).description(description).register(meters);
    }

    /** What is known of one transport. */
    final class OfTransport implements Outbox.Meter {

        private final AtomicInteger active = new AtomicInteger();
        private final LongAdder opened = new LongAdder();
        private final LongAdder closed = new LongAdder();
        private final LongAdder events = new LongAdder();
        private final LongAdder bytes = new LongAdder();
        private final Durations durations = new Durations();

        private OfTransport(Transport transport, MeterRegistry meters) {
            count(meters, transport, "parley.connections.opened", "Connections that were opened", opened);
            count(meters, transport, "parley.connections.closed", "Connections that have ended", closed);
            count(meters, transport, "parley.delivery.events", "Events sent to clients", events);
            count(meters, transport, "parley.delivery.bytes", "Bytes of events sent to clients", bytes);
        }

        private static void count(MeterRegistry meters, Transport transport, String name, String description,
                LongAdder count) {
            FunctionCounter.builder(name, count, LongAdder::sum)
                    .description(description)
                    .tag("transport", transport.word())
                    .register(meters);
        }

        @Override
        public void written(int sent, long sentBytes) {
            events.add(sent);
            bytes.add(sentBytes);
        }

        @Override
        public void handedOver(Duration after) {
            handOvers.record(after);
        }

        @Override
        public void merged() {
            merged.increment();
        }

        @Override
        public void dropped(int dropped) {
            reread.add(dropped);
        }

        int active() {
            return active.get();
        }

        long opened() {
            return opened.sum();
        }

        long closed() {
            return closed.sum();
        }

        long events() {
            return events.sum();
        }

        long bytes() {
            return bytes.sum();
        }

        Durations durations() {
            return durations;
        }
    }

    void opened(Transport transport) {
        OfTransport of = of(transport);
        of.opened.increment();
        of.active.incrementAndGet();
        openings.add();
        int now = active.incrementAndGet();
        if (now > peak.get()) {
            peak.accumulateAndGet(now, Math::max);
        }
    }

    /** For each {@link #opened} once. */
    void closed(Transport transport, Duration lasted) {
        OfTransport of = of(transport);
        of.closed.increment();
        of.active.decrementAndGet();
        of.durations.record(lasted);
        active.decrementAndGet();
    }

    /**
     * As {@link #closed(Transport, Duration)}, for a WebSocket.
     *
     * @param code the close code, either side's; 1006 where there was none
     */
    void closed(Duration lasted, int code) {
        closed(Transport.WEBSOCKET, lasted);
        closes.add(KNOWN_CODES.contains(code) ? Integer.toString(code) : "other");
    }

    /** A connection was not opened at all. */
    void refused(Transport transport, Problem reason) {
        refused.add(transport.word(), reason.code());
    }

    /** A client says that it has come from another transport that did not serve it. */
    void fellBack(Transport from, Transport to) {
        fallbacks.add(from.word(), to.word());
    }

    /** Events were handed to the network. */
    void delivered(Transport transport, int events, long bytes) {
        of(transport).written(events, bytes);
    }

    /** How long a client took to answer a ping. */
    void roundTrip(Duration time) {
        roundTrips.record(time);
        roundTripTimer.record(time);
    }

    /** A ping became due, and the one before it had not been answered. */
    void missedPing() {
        missedPings.increment();
    }

    OfTransport of(Transport transport) {
        return Objects.requireNonNull(transports.get(transport));
    }

    Collection<OfTransport> all() {
        return transports.values();
    }

    /** Connections that are open now. */
    int active() {
        return active.get();
    }

    /** The most connections that were ever open at once. */
    int peak() {
        return peak.get();
    }

    int openedInTheLastMinute() {
        return openings.count();
    }

    Map<String, Long> refusals(Transport transport) {
        return refused.after(transport.word());
    }

    Map<String, Long> fallbacks(Transport from) {
        return fallbacks.after(from.word());
    }

    Map<String, Long> closes() {
        return closes.after();
    }

    long merged() {
        return merged.sum();
    }

    long reread() {
        return reread.sum();
    }

    long missedPings() {
        return missedPings.sum();
    }

    Durations handOvers() {
        return handOvers;
    }

    Durations roundTrips() {
        return roundTrips;
    }
}
