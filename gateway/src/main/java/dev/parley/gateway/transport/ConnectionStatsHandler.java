package dev.parley.gateway.transport;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.NodeQuestions;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.transport.NodeFigures.OfCarrier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** {@code GET /api/connection_stats}: what becomes of the connections of all nodes, and of each, for administrators. */
@Component
final class ConnectionStatsHandler implements InitializingBean {

    private static final String QUESTION = "connections";

    private final ConnectionStatistics statistics;
    private final Connections connections;
    private final RateLimits limits;
    private final ThisNode node;
    private final NodeQuestions nodes;

    ConnectionStatsHandler(ConnectionStatistics statistics, Connections connections, RateLimits limits, ThisNode node,
            ObjectProvider<NodeQuestions> nodes) {
        this.statistics = statistics;
        this.connections = connections;
        this.limits = limits;
        this.node = node;
        this.nodes = nodes.getIfAvailable(() -> NodeQuestions.ALONE);
    }

    /** @param nodes a part for each node, this one first; absent in such a part */
    private record Stats(Server serverStats, int activeVisitors, int activeRooms, int adminRooms, long timestamp,
            Map<String, Carrier> transports, Map<String, Map<String, Long>> fallbacks, Delivery delivery,
            Quality quality, Map<String, Long> rateLimits, @Nullable List<Part> nodes) {}

    private record Answer(boolean success, Stats stats) {}

    /** @param node as text, for its numbers are too large for JavaScript; {@code stats} is absent where it does not answer */
    private record Part(String node, boolean answering, @Nullable Stats stats) {}

    private record Server(long totalConnections, int activeConnections, int peakConnections, int connectionRate) {}

    private record Carrier(int active, long opened, long closed, Map<String, Long> refused, Lasted durations) {}

    private record Lasted(double p50Ms, double p95Ms, double maxMs) {}

    private record Delivery(long events, long bytes, long merged, long droppedAndReread, double p50Ms, double p99Ms) {}

    private record Quality(double roundTripP50Ms, double roundTripP95Ms, long pingsMissed, Map<String, Long> closes) {}

    @Override
    public void afterPropertiesSet() {
        nodes.serve(QUESTION, this::figures);
    }

    Mono<ServerResponse> read(ServerRequest request) {
        return nodes.ask(QUESTION, NodeFigures.class)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable)
                .map(this::stats)
                .flatMap(stats -> ServerResponse.ok().bodyValue(new Answer(true, stats)));
    }

    private NodeFigures figures() {
        return NodeFigures.of(statistics, connections, limits.refused());
    }

    private Stats stats(Map<Long, Optional<NodeFigures>> others) {
        NodeFigures all = figures();
        List<Part> parts = new ArrayList<>();
        parts.add(new Part(Long.toString(node.id()), true, view(all, null)));
        for (Map.Entry<Long, Optional<NodeFigures>> other : others.entrySet()) {
            Optional<NodeFigures> said = other.getValue();
            parts.add(new Part(Long.toString(other.getKey()), said.isPresent(),
                    said.map(figures -> view(figures, null)).orElse(null)));
            if (said.isPresent()) {
                all = all.plus(said.get());
            }
        }
        return view(all, parts);
    }

    private static Stats view(NodeFigures of, @Nullable List<Part> parts) {
        Map<String, Carrier> carriers = new LinkedHashMap<>();
        of.transports().forEach((transport, carrier) -> carriers.put(transport, new Carrier(carrier.active(),
                carrier.opened(), carrier.closed(), carrier.refused(), lasted(durations(carrier.durations())))));
        Durations handOvers = durations(of.handOvers());
        Durations roundTrips = durations(of.roundTrips());
        var all = of.transports().values();
        return new Stats(
                new Server(all.stream().mapToLong(OfCarrier::opened).sum(), of.active(), of.peak(), of.rate()),
                of.visitors().size(), of.rooms().size(), of.adminRooms().size(), Instant.now().getEpochSecond(),
                carriers, of.fallbacks(),
                new Delivery(all.stream().mapToLong(OfCarrier::events).sum(),
                        all.stream().mapToLong(OfCarrier::bytes).sum(), of.merged(), of.reread(),
                        millis(handOvers.quantile(0.5)), millis(handOvers.quantile(0.99))),
                new Quality(millis(roundTrips.quantile(0.5)), millis(roundTrips.quantile(0.95)), of.pingsMissed(),
                        of.closes()),
                of.rateLimits(), parts);
    }

    private static Durations durations(Durations.Counts counts) {
        Durations durations = new Durations();
        durations.add(counts);
        return durations;
    }

    private static Lasted lasted(Durations durations) {
        return new Lasted(millis(durations.quantile(0.5)), millis(durations.quantile(0.95)), millis(durations.max()));
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
