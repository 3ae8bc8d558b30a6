package dev.parley.gateway.load;

import dev.parley.gateway.GatewayProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** What a gateway tells of itself at one moment, as Prometheus reads it. */
record Gauges(List<String> lines) {

    static Gauges of(GatewayProcess gateway) throws IOException, InterruptedException {
        return new Gauges(Arrays.stream(gateway.text("/actuator/prometheus").split("\n", -1))
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList());
    }

    /** The same after a garbage collection. */
    static Gauges afterCollection(GatewayProcess gateway) throws IOException, InterruptedException {
        gateway.collectGarbage();
        return of(gateway);
    }

    /** The sum of all meters whose name, with its tags, starts so. */
    double sum(String start) {
        return lines.stream()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Megabytes of the heap in use. */
    double heap() {
        return sum("jvm_memory_used_bytes{area=\"heap\"") / 1024 / 1024;
    }

    /** The gateway's own meters, by name and tags. */
    List<String> ownNames() {
        return lines.stream()
                .filter(line -> line.startsWith("parley_") && !line.contains("_bucket{"))
                .map(line -> line.substring(0, line.lastIndexOf(' ')))
                .sorted()
                .toList();
    }
}
