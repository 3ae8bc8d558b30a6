package dev.parley.gateway.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * One file: what happens, step by step, and after {@value #LOG} what the dialog's log has to be in the end. A {@code #}
 * begins a comment. The words of the steps are in {@link Play}.
 *
 * @param log lines of seq, sender or type, label, state where it has one, and the text in quotes
 */
record Scenario(String name, List<Step> steps, List<String> log) {

    private static final Path FOLDER = Path.of("src/test/resources/scenarios");
    private static final String LOG = "The log:";

    /** @param line where it stands in the file */
    record Step(int line, String text) {}

    /** All of them, or with {@code -Dscenario=…} those with that in their name. */
    static List<Scenario> all() {
        String wanted = System.getProperty("scenario", "");
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().map(Scenario::read).filter(scenario -> scenario.name().contains(wanted)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Scenario of(String name) {
        return read(FOLDER.resolve(name + ".txt"));
    }

    private static Scenario read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file).stream().map(String::strip).toList();
            int end = lines.indexOf(LOG);
            if (end < 0) {
                throw new IllegalArgumentException(file + " does not say what its log is");
            }
            List<Step> steps = Stream.iterate(0, i -> i < end, i -> i + 1)
                    .filter(i -> isMeant(lines.get(i)))
                    .map(i -> new Step(i + 1, lines.get(i)))
                    .toList();
            String name = file.getFileName().toString().replace(".txt", "");
            return new Scenario(name, steps, lines.stream().skip(end + 1).filter(Scenario::isMeant).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isMeant(String line) {
        return !line.isEmpty() && !line.startsWith("#");
    }

    @Override
    public String toString() {
        return name;
    }
}
