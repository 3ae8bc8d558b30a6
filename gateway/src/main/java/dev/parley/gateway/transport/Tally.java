package dev.parley.gateway.transport;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts by kind, in meters and to be read again. Whoever counts sees to it that there are only few kinds, for a meter is
 * never given up.
 */
final class Tally {

    private final MeterRegistry meters;
    private final String name;
    private final String description;
    private final List<String> tags;
    private final Map<List<String>, Counter> counters = new ConcurrentHashMap<>();

    Tally(MeterRegistry meters, String name, String description, String... tags) {
        this.meters = meters;
        this.name = name;
        this.description = description;
        this.tags = List.of(tags);
    }

    /** @param kind a value for each tag */
    void add(String... kind) {
        counters.computeIfAbsent(List.of(kind), this::counter).increment();
    }

    private Counter counter(List<String> kind) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < tags.size(); i++) {
            pairs.add(tags.get(i));
            pairs.add(kind.get(i));
        }
        return Counter.builder(name)
                .description(description)
                .tags(Tags.of(pairs.toArray(String[]::new)))
                .register(meters);
    }

    /** The counts of those kinds that begin with these values, by the next one. */
    Map<String, Long> after(String... start) {
        Map<String, Long> counts = new TreeMap<>();
        counters.forEach((kind, counter) -> {
            if (kind.subList(0, start.length).equals(List.of(start))) {
                counts.merge(kind.get(start.length), (long) counter.count(), Long::sum);
            }
        });
        return counts;
    }
}
