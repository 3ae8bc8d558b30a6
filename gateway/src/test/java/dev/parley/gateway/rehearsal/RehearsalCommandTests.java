package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RehearsalCommandTests {

    private final StringWriter said = new StringWriter();

    @Test
    void tellsWhatItCanDo() {
        assertThat(run("--help")).isZero();
        assertThat(said.toString()).contains("--port", "--tokens-per-second", "--load", "--piece-bytes", "X-Sim");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"--port|many|many", "--port|70000|port: 70000 (expected: 0 to 65535)",
            "--load|soon|a duration such as 300ms, 1.5s or 5m", "--jitter|2|jitter: 2.0 (expected: 0 to 1)",
            "--fault|nonsense|fault: nonsense (expected: such as 'stall 3')", "--speed|3|--speed"})
    void aWrongValueIsSaidPlainlyAndIsWrongUsage(String option, String value, String message) {
        assertThat(run(option, value)).isEqualTo(2);
        assertThat(said.toString()).contains(message).doesNotContain("Exception").hasLineCount(1);
    }

    @Test
    void aPortThatIsTakenIsSaidPlainly() {
        try (var other = RehearsalModel.start(RehearsalSettings.defaults())) {
            String port = other.url().substring(other.url().lastIndexOf(':') + 1);

            assertThat(run("--port", port)).isEqualTo(1);
            assertThat(said.toString()).startsWith("The rehearsal model cannot start: cannot listen on port " + port);
        }
    }

    @Test
    void itsDefaultsAreThoseOfThePackageButForPortAndModel() {
        assertThat(RehearsalCommand.settings()).isEqualTo(RehearsalSettings.defaults()
                .withPort(RehearsalCommand.OLLAMAS_PORT)
                .withModel("llama3.2"));
    }

    @Test
    void everyOptionChangesWhatItIsCalledAfter() {
        assertThat(RehearsalCommand.settings("--port=1", "--model=a", "--model=b", "--only", "--fault=stall 3",
                "--seed=7",
                "--tokens-per-second=8", "--jitter=0.5", "--first-token=9ms", "--prefill-per-token=10us",
                "--load-factor=11", "--prefill-goes-on", "--load=12s", "--parallel=13", "--max-queue=14",
                "--max-loaded=15", "--keep-alive=16m", "--ps-delay=17ms", "--one-by-one=c", "--lines-per-write=18",
                "--piece-bytes=19", "--split-at=20", "--split-characters")).isEqualTo(
                        new RehearsalSettings(1, List.of("a", "b"), false,
                                new Pace(8, 0.5, Durations.of("9ms"), Durations.of("10us"), 11, true),
                                new Memory(Durations.of("12s"), 13, 14, 15, Durations.of("16m"), Durations.of("17ms"),
                                        List.of("c")),
                                new Wire(18, 19, 20, true), "stall 3", 7));
    }

    private int run(String... arguments) {
        CommandLine line = RehearsalCommand.commandLine();
        var writer = new PrintWriter(said);
        int code = line.setOut(writer).setErr(writer).execute(arguments);
        writer.flush();
        return code;
    }
}
