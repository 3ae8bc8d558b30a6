package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;

/**
 * What becomes of the connections of one node, or of several together, so that they can be added: whoever is on two nodes is
 * counted once, and medians are those of all.
 *
 * @param peak of several nodes the sum, which is what there was at most
 * @param visitors the keys of their callers
 * @param transports by their words; {@code fallbacks} likewise, from which to which
 */
record NodeFigures(int active, int peak, int rate, Set<String> visitors, Set<Long> rooms, Set<Long> adminRooms,
        Map<String, OfCarrier> transports, Map<String, Map<String, Long>> fallbacks, long merged, long reread,
        long pingsMissed, Map<String, Long> closes, Durations.Counts handOvers, Durations.Counts roundTrips,
        Map<String, Long> rateLimits) {

    /** The same of one transport. */
    record OfCarrier(int active, long opened, long closed, long events, long bytes, Map<String, Long> refused,
            Durations.Counts durations) {

        OfCarrier plus(OfCarrier more) {
            return new OfCarrier(active + more.active, opened + more.opened, closed + more.closed,
                    events + more.events, bytes + more.bytes, sum(refused, more.refused),
                    both(durations, more.durations));
        }
    }

    /** Those of this node now. Who is there is counted when somebody asks, and not with each connection that comes. */
    static NodeFigures of(ConnectionStatistics statistics, Connections connections, Map<String, Long> rateLimits) {
        Map<String, OfCarrier> carriers = new LinkedHashMap<>();
        Map<String, Map<String, Long>> fallbacks = new LinkedHashMap<>();
        for (Transport transport : Transport.values()) {
            ConnectionStatistics.OfTransport of = statistics.of(transport);
            carriers.put(transport.word(), new OfCarrier(of.active(), of.opened(), of.closed(), of.events(), of.bytes(),
                    statistics.refusals(transport), of.durations().counts()));
            fallbacks.put(transport.word(), statistics.fallbacks(transport));
        }
        fallbacks.remove(Transport.POLL.word()); // from there is nowhere to fall
        Set<String> visitors = new HashSet<>();
        Set<Long> rooms = new HashSet<>();
        Set<Long> adminRooms = new HashSet<>();
        connections.all().forEach(connection -> {
            boolean isAdmin = connection.audience() == Audience.ADMIN;
            if (!isAdmin) {
                visitors.add(connection.caller().key());
            }
            connection.dialogs().forEach(dialog -> {
                rooms.add(dialog);
                if (isAdmin) {
                    adminRooms.add(dialog);
                }
            });
        });
        return new NodeFigures(statistics.active(), statistics.peak(), statistics.openedInTheLastMinute(), visitors,
                rooms, adminRooms, carriers, fallbacks, statistics.merged(), statistics.reread(),
                statistics.missedPings(), statistics.closes(), statistics.handOvers().counts(),
                statistics.roundTrips().counts(), rateLimits);
    }

    NodeFigures plus(NodeFigures more) {
        return new NodeFigures(active + more.active, peak + more.peak, rate + more.rate, union(visitors, more.visitors),
                union(rooms, more.rooms), union(adminRooms, more.adminRooms),
                merge(transports, more.transports, OfCarrier::plus),
                merge(fallbacks, more.fallbacks, NodeFigures::sum), merged + more.merged, reread + more.reread,
                pingsMissed + more.pingsMissed, sum(closes, more.closes), both(handOvers, more.handOvers),
                both(roundTrips, more.roundTrips), sum(rateLimits, more.rateLimits));
    }

    private static <T> Set<T> union(Set<T> one, Set<T> other) {
        Set<T> all = new HashSet<>(one);
        all.addAll(other);
        return all;
    }

    private static Map<String, Long> sum(Map<String, Long> one, Map<String, Long> other) {
        return merge(one, other, Long::sum);
    }

    private static <T> Map<String, T> merge(Map<String, T> one, Map<String, T> other, BinaryOperator<T> both) {
        Map<String, T> all = new LinkedHashMap<>(one);
        other.forEach((key, value) -> all.merge(key, value, both));
        return all;
    }

    private static Durations.Counts both(Durations.Counts one, Durations.Counts other) {
        Map<Integer, Long> classes = new HashMap<>(one.classes());
        other.classes().forEach((index, count) -> classes.merge(index, count, Long::sum));
        return new Durations.Counts(classes, Math.max(one.longest(), other.longest()));
    }
}
