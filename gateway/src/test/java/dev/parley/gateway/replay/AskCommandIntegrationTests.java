package dev.parley.gateway.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Several visitors who ask at once, as a command. */
class AskCommandIntegrationTests extends RunningGateway {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = AskCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void fiveAskAtOnceAndATableSaysWhatEachSaw() {
        assertThat(run("--at", address(), "--question", "/long 30")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("first words").contains("Answered: 5 of 5")
                .containsPattern("(?m)^ +5 .* done$");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void anAnswerThatFailsIsSaidAndMakesTheCommandFail() {
        assertThat(run("--at", address(), "--count", "1", "--question", "/fault error 3")).isOne();
        assertThat(out.toString()).contains("failed").contains("Answered: 0 of 1");
    }

    @Test
    void whereNoGatewayIsItSaysWhatToDo() {
        assertThat(run("--at", "http://127.0.0.1:1", "--count", "1")).isOne();
        assertThat(err.toString()).contains("no gateway answers there").contains("--at");
    }

    @Test
    void whatCannotBeUnderstoodIsToldInOneLine() {
        assertThat(run("--count", "0")).isEqualTo(2);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines("--count: 0 (expected: 1 to 1000); --help shows what there is");
    }
}
