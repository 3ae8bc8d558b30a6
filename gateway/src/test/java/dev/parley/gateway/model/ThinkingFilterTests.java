package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThinkingFilterTests {

    @ParameterizedTest
    @CsvSource(ignoreLeadingAndTrailingWhitespace = false, delimiter = '|', value = {
            "<think>hm, well</think>Yes.|Yes.", "<think>↵hm↵</think>↵↵Yes.|Yes.", " <think></think> Yes.|Yes.",
            "Yes.|Yes.", "  Yes.|  Yes.", "<thin air>|<thin air>", "<|<", "<thi|<thi",
            "I <think> so</think>|I <think> so</think>",
            "<think>a</think>1 <think>b</think>|1 <think>b</think>", "<think>never ends|''", "<think>a</thi|''"})
    void takesOutALeadingThoughtAndNothingElse(String row, String expected) {
        String said = row.replace('↵', '\n');

        for (int longest = 1; longest <= said.length(); longest++) {
            assertThat(read(said, longest, new Random(longest))).as("in pieces of up to " + longest)
                    .isEqualTo(expected);
        }
    }

    @Property
    void leavesEveryOtherTextAsItIs(@ForAll String said, @ForAll @IntRange(min = 1, max = 9) int longest,
            @ForAll long seed) {
        assertThat(read(said, longest, new Random(seed))).isEqualTo(said);
    }

    @Test
    void holdsAnOrdinaryAnswerBackForNoTime() {
        assertThat(new ThinkingFilter().visible("H")).isEqualTo("H");
    }

    private static String read(String said, int longest, Random random) {
        var filter = new ThinkingFilter();
        var answer = new StringBuilder();
        for (int from = 0; from < said.length();) {
            int to = Math.min(said.length(), from + 1 + random.nextInt(longest));
            answer.append(filter.visible(said.substring(from, to)));
            from = to;
        }
        return answer.append(filter.rest()).toString();
    }
}
