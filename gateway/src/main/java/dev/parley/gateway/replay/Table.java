package dev.parley.gateway.replay;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Answers as a table for people, in the order in which they began. */
final class Table {

    private Table() {}

    static String of(List<Answered> answers) {
        StringBuilder table = new StringBuilder()
                .append(row("", "queued", "started", "first words", "done", "deltas", "chars/s", "outcome"));
        List<Answered> inOrder = answers.stream()
                .sorted(Comparator.comparing(Answered::started).thenComparing(Answered::ended))
                .toList();
        int number = 0;
        for (Answered each : inOrder) {
            table.append(row(Integer.toString(++number), each.position() == 0 ? "-" : Integer.toString(each.position()),
                    millis(each.started()), millis(each.firstWord()), millis(each.ended()),
                    Integer.toString(each.deltas()), "%.0f".formatted(each.charactersPerSecond()), each.outcome()));
        }
        List<Duration> firstWords = answers.stream()
                .map(Answered::firstWord)
                .filter(Duration::isPositive)
                .sorted()
                .toList();
        long done = answers.stream().filter(Answered::isDone).count();
        table.append("%nAnswered: %d of %d. All done after %s".formatted(done, answers.size(),
                millis(answers.stream().map(Answered::ended).max(Comparator.naturalOrder()).orElse(Duration.ZERO))));
        if (!firstWords.isEmpty()) {
            table.append("; first words after %s (median), %s (last)".formatted(
                    millis(firstWords.get((firstWords.size() - 1) / 2)), millis(firstWords.getLast())));
        }
        return table.append("%n".formatted()).toString();
    }

    private static String row(String... cells) {
        return "%4s  %6s  %10s  %12s  %10s  %8s  %10s  %s%n".formatted((Object[]) cells);
    }

    private static String millis(Duration time) {
        return time.isZero() ? "-" : String.format(Locale.ROOT, "%d ms", time.toMillis());
    }
}
