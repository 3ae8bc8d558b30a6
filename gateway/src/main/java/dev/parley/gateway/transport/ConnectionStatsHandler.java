package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.limits.RateLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /api/connection_stats}: what becomes of the connections of this node, for administrators. */
@Component
final class ConnectionStatsHandler {

    private final ConnectionStatistics statistics;
    private final Connections connections;
    private final RateLimits limits;

    ConnectionStatsHandler(ConnectionStatistics statistics, Connections connections, RateLimits limits) {
        this.statistics = statistics;
        this.connections = connections;
        this.limits = limits;
    }

    private record Answer(boolean success, Stats stats) {}

    private record Stats(Server serverStats, int activeVisitors, int activeRooms, int adminRooms, long timestamp,
            Map<String, Carrier> transports, Map<String, Map<String, Long>> fallbacks, Delivery delivery,
            Quality quality,
            Map<String, Long> rateLimits) {}

    private record Server(long totalConnections, int activeConnections, int peakConnections, int connectionRate) {}

    private record Carrier(int active, long opened, long closed, Map<String, Long> refused, Lasted durations) {}

    private record Lasted(double p50Ms, double p95Ms, double maxMs) {}

    private record Delivery(long events, long bytes, long merged, long droppedAndReread, double p50Ms, double p99Ms) {}

    private record Quality(double roundTripP50Ms, double roundTripP95Ms, long pingsMissed, Map<String, Long> closes) {}

    Mono<ServerResponse> read(ServerRequest request) {
        return Mono.fromSupplier(this::stats)
                .flatMap(stats -> ServerResponse.ok().bodyValue(new Answer(true, stats)));
    }

    private Stats stats() {
        Map<String, Carrier> carriers = new LinkedHashMap<>();
        Map<String, Map<String, Long>> fallbacks = new LinkedHashMap<>();
        long opened = 0;
        long events = 0;
        long bytes = 0;
        for (Transport transport : Transport.values()) {
            ConnectionStatistics.OfTransport of = statistics.of(transport);
            carriers.put(transport.word(), new Carrier(of.active(), of.opened(), of.closed(),
                    statistics.refusals(transport), lasted(of.durations())));
            fallbacks.put(transport.word(), statistics.fallbacks(transport));
            opened += of.opened();
            events += of.events();
            bytes += of.bytes();
        }
        fallbacks.remove(Transport.POLL.word()); // from there is nowhere to fall
        Present present = present();
        return new Stats(
                new Server(opened, statistics.active(), statistics.peak(), statistics.openedInTheLastMinute()),
                present.visitors.size(), present.rooms.size(), present.adminRooms.size(),
                Instant.now().getEpochSecond(), carriers, fallbacks,
                new Delivery(events, bytes, statistics.merged(), statistics.reread(),
                        millis(statistics.handOvers().quantile(0.5)), millis(statistics.handOvers().quantile(0.99))),
                new Quality(millis(statistics.roundTrips().quantile(0.5)),
                        millis(statistics.roundTrips().quantile(0.95)), statistics.missedPings(), statistics.closes()),
                limits.refused());
    }

    /** Who is there, counted when somebody asks: nothing has to be kept up to date with each connection. */
    private record Present(Set<String> visitors, Set<Long> rooms, Set<Long> adminRooms) {}

    private Present present() {
        Present present = new Present(new HashSet<>(), new HashSet<>(), new HashSet<>());
        connections.all().forEach(connection -> {
            boolean isAdmin = connection.audience() == Audience.ADMIN;
            if (!isAdmin) {
                present.visitors.add(connection.caller().key());
            }
            connection.dialogs().forEach(dialog -> {
                present.rooms.add(dialog);
                if (isAdmin) {
                    present.adminRooms.add(dialog);
                }
            });
        });
        return present;
    }

    private static Lasted lasted(Durations durations) {
        return new Lasted(millis(durations.quantile(0.5)), millis(durations.quantile(0.95)), millis(durations.max()));
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
