package dev.parley.gateway.capacity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Prints the tables of docker/CAPACITY.md, for other numbers where they are given as {@code -Dname=number}; {@code Rates} and
 * {@code Costs} have the names. From the root of the project, with a JDK 25 and nothing else:
 *
 * <pre>{@code java gateway/src/test/java/dev/parley/gateway/capacity/CapacityTables.java}</pre>
 */
final class CapacityTables {

    private static final List<Integer> SIZES = List.of(10_000, 50_000, 100_000, 1_000_000);
    private static final long SEED = 1;
    private static final int ANSWERS = 50_000;
    private static final int POSTGRES_CORES = 4;

    private CapacityTables() {}

    public static void main(String[] arguments) {
        Rates rates = Rates.given();
        Costs costs = Costs.given();
        for (List<String> table : List.of(machines(rates, costs), storm(costs), answers(rates), commits(costs))) {
            table.forEach(System.out::println);
            System.out.println();
        }
    }

    static List<String> machines(Rates rates, Costs costs) {
        List<Sizing> sizes = SIZES.stream().map(size -> new Sizing(size, rates, costs)).toList();
        List<String> lines = table("connections", SIZES.stream().map(CapacityTables::whole).toArray(String[]::new));
        for (Sizing.Row row : Sizing.ROWS) {
            lines.add(line(row.name(), sizes.stream().map(size -> size.cell(row)).toArray(String[]::new)));
        }
        return lines;
    }

    /** All come to a node at the same moment. What matters is how many of them come to a core. */
    static List<String> storm(Costs costs) {
        int cores = 1;
        List<String> lines = table("clients a free core", "half whole, s", "all whole, s",
                "not by a WebSocket at first",
                "polling for an hour", "openings a client");
        for (int each : List.of(500, 1_000, 2_000, 4_000, 5_000, 6_000, 8_000)) {
            double clients = each * cores;
            ReconnectStorm.Outcome outcome = new ReconnectStorm(each * cores, cores, costs.opening() / 1e6, 0)
                    .run(SEED);
            lines.add(line(whole(each), one(outcome.half()), one(outcome.all()),
                    percent(outcome.fellBack() / clients), percent(outcome.stillPolling() / clients),
                    one(outcome.openings() / clients)));
        }
        return lines;
    }

    static List<String> answers(Rates rates) {
        double length = rates.answerLength();
        List<String> lines = table("slots", "busy", "answers a minute", "mean wait, s, by Erlang C", "simulated",
                "lengths as of answers: mean", "95 of 100 within, s");
        for (int slots : List.of(5, 20, 80)) {
            for (double busy : new double[]{0.5, 0.7, 0.8, 0.9}) {
                double perSecond = busy * slots / length;
                AnswerQueueModel.Waits random = new AnswerQueueModel(slots, perSecond,
                        AnswerQueueModel.exponential(length)).run(SEED, ANSWERS);
                AnswerQueueModel.Waits real = new AnswerQueueModel(slots, perSecond, AnswerQueueModel.lengths(length))
                        .run(SEED, ANSWERS);
                lines.add(line(Integer.toString(slots), percent(busy), whole(perSecond * 60),
                        two(ErlangC.meanWait(slots, perSecond, length)), two(random.mean()), two(real.mean()),
                        one(real.most())));
            }
        }
        return lines;
    }

    static List<String> commits(Costs costs) {
        List<String> lines = table("fsync, ms", "nodes", "messages/s at most", "in a batch",
                "at half of it: half within, ms", "99 of 100 within, ms");
        for (double fsync : new double[]{0.2, 1, 5, 10}) {
            for (int nodes : List.of(1, 4, 16)) {
                CommitStream stream = CommitStream.of(nodes, POSTGRES_CORES, fsync / 1e3, costs);
                CommitStream.Outcome most = stream.run(SEED, 80_000, 0.2);
                CommitStream.Outcome half = stream.run(SEED, most.perSecond() / 2, 0.2);
                lines.add(line(one(fsync), Integer.toString(nodes), whole(most.perSecond()),
                        whole(most.batch()), one(half.half()), one(half.most())));
            }
        }
        return lines;
    }

    private static List<String> table(String first, String... others) {
        List<String> lines = new ArrayList<>(List.of(line(first, others)));
        lines.add(line("---", Arrays.stream(others).map(each -> "---").toArray(String[]::new)));
        return lines;
    }

    private static String line(String first, String... others) {
        return "| " + first + " | " + String.join(" | ", others) + " |";
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String one(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String two(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.0f %%", part * 100);
    }
}
