package dev.parley.gateway.benchmark;

import dev.parley.gateway.benchmark.load.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The outcomes of all rounds as tables in Markdown: medians [smallest-largest]. */
final class Report {

    private static final String BARE = "bare";

    private final Map<Scenario, Map<String, List<Outcome>>> outcomes = new EnumMap<>(Scenario.class);

    void add(Scenario scenario, String peer, Outcome outcome) {
        outcomes.computeIfAbsent(scenario, first -> new LinkedHashMap<>())
                .computeIfAbsent(peer, first -> new ArrayList<>())
                .add(outcome);
    }

    /** What must not be: messages that the peer lost, repeated, disordered or refused, and connections that it closed. */
    List<String> faults(String peer) {
        List<String> faults = new ArrayList<>();
        outcomes.forEach((scenario, peers) -> peers.getOrDefault(peer, List.of()).forEach(outcome -> {
            if (outcome.lost() + outcome.repeated() + outcome.refused() + outcome.closed() > 0) {
                faults.add("%s: %d lost, %d repeated, %d refused, %d connections closed".formatted(scenario.word(),
                        outcome.lost(), outcome.repeated(), outcome.refused(), outcome.closed()));
            }
        }));
        return faults;
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        outcomes.forEach((scenario, peers) -> {
            text.append("\n**").append(scenario.word()).append("** - ").append(scenario.title).append("\n\n");
            List<Column> columns = switch (scenario) {
                case IDLE -> idle(peers);
                case STUCK, NOBODY_STUCK -> stuck(scenario, peers);
                case LIVE_MANY, LIVE_FANOUT, TOKENS, SSE, POLL, DURABLE -> load(peers);
            };
            row(text, "peer", columns.stream().map(Column::title).toList());
            row(text, "---", columns.stream().map(column -> "---").toList());
            peers.keySet()
                    .forEach(peer -> row(text, peer, columns.stream().map(column -> column.cell.of(peer)).toList()));
        });
        return text.toString();
    }

    private record Column(String title, Cell cell) {}

    private interface Cell {
        String of(String peer);
    }

    private static void row(StringBuilder text, String first, List<String> others) {
        text.append("| ").append(first).append(" | ").append(String.join(" | ", others)).append(" |\n");
    }

    private static List<Column> load(Map<String, List<Outcome>> peers) {
        ToDoubleFunction<Outcome> cpu = outcome -> outcome.serverMicros() + outcome.databaseMicros();
        return List.of(column("CPU µs a delivery", peers, cpu), ratio("/ bare", peers, cpu),
                column("of it database", peers, Outcome::databaseMicros), column("p50 ms", peers, Outcome::p50),
                column("p99 ms", peers, Outcome::p99), column("deliveries/s", peers, Outcome::perSecond),
                column("lost", peers, outcome -> outcome.lost() + outcome.repeated() + outcome.refused()),
                column("other CPU %", peers, Outcome::foreignPercent));
    }

    private static List<Column> idle(Map<String, List<Outcome>> peers) {
        ToDoubleFunction<Outcome> memory = outcome -> (outcome.rssHeld() - outcome.rssBefore()) * 1024
                / outcome.connections();
        ToDoubleFunction<Outcome> connecting = outcome -> (outcome.connectServerMillis()
                + outcome.connectDatabaseMillis()) / outcome.connections();
        return List.of(column("KB a connection after GC", peers, memory), ratio("/ bare", peers, memory),
                column("RSS before, MB", peers, Outcome::rssBefore),
                column("connect CPU ms", peers, connecting), ratio("/ bare", peers, connecting),
                column("connect all, s", peers, Outcome::connectSeconds),
                column("closed", peers, Outcome::closed),
                column("other CPU %", peers, Outcome::foreignPercent));
    }

    private List<Column> stuck(Scenario scenario, Map<String, List<Outcome>> peers) {
        List<Column> columns = new ArrayList<>(List.of(column("p50 ms", peers, Outcome::p50),
                column("p99 ms", peers, Outcome::p99)));
        if (scenario == Scenario.STUCK) {
            Map<String, List<Outcome>> undisturbed = outcomes.getOrDefault(Scenario.NOBODY_STUCK, Map.of());
            columns.add(new Column("p99 / that of nobody-stuck", peer -> ratios(peers.getOrDefault(peer, List.of()),
                    undisturbed.getOrDefault(peer, List.of()), Outcome::p99)));
        }
        for (int second : List.of(5, 10, 20)) {
            columns.add(column("RSS + MB, " + second + " s", peers, outcome -> growth(outcome, second)));
        }
        columns.add(column("at the end, after GC", peers, outcome -> outcome.rssEnd() - outcome.rssHeld()));
        columns.add(column("stuck ones closed", peers, Outcome::stuckClosed));
        columns.add(column("lost", peers, outcome -> outcome.lost() + outcome.repeated() + outcome.refused()));
        return columns;
    }

    /** Since the beginning of the window, for all stuck readers together. */
    private static double growth(Outcome outcome, int second) {
        List<Double> rss = outcome.rss();
        return rss.get(Math.min(second, rss.size() - 1)) - rss.getFirst();
    }

    private static Column column(String title, Map<String, List<Outcome>> peers, ToDoubleFunction<Outcome> value) {
        return new Column(title, peer -> spread(peers.getOrDefault(peer, List.of()).stream().mapToDouble(value)));
    }

    private static Column ratio(String title, Map<String, List<Outcome>> peers, ToDoubleFunction<Outcome> value) {
        return new Column(title,
                peer -> ratios(peers.getOrDefault(peer, List.of()), peers.getOrDefault(BARE, List.of()), value));
    }

    /** Round by round, for what slows one down in a round slows the other down, too. */
    private static String ratios(List<Outcome> these, List<Outcome> those, ToDoubleFunction<Outcome> value) {
        int rounds = Math.min(these.size(), those.size());
        return spread(IntStream.range(0, rounds)
                .mapToDouble(round -> value.applyAsDouble(these.get(round)) / value.applyAsDouble(those.get(round))));
    }

    private static String spread(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        if (sorted.length == 0) {
            return "-";
        }
        double median = sorted[sorted.length / 2];
        String format = median < 10 ? "%.2f" : median < 100 ? "%.1f" : "%.0f";
        String middle = String.format(Locale.ROOT, format, median);
        return sorted.length == 1
                ? middle
                : middle + String.format(Locale.ROOT, " [" + format + "-" + format + "]", sorted[0],
                        sorted[sorted.length - 1]);
    }
}
