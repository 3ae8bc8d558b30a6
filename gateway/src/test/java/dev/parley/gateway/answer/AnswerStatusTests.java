package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.BackendStatus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerStatusTests {

    private static final BackendStatus NEAR = new BackendStatus("http://near", "up", 2, Map.of("m", "warm"));

    private final AnswerStatus one = new AnswerStatus(2, 1, 5, 3, 3, 1, 4, 0, 0.75, 1_000, 3, List.of(NEAR), false,
            false);

    @Test
    void ofNodesTogetherCountsAreAddedUpAndSharesAreOfAllThatEnded() {
        AnswerStatus other = new AnswerStatus(3, 0, 5, 5, 1, 0, 1, 3, 0.25, 3_000, 5,
                List.of(new BackendStatus("http://near", "open", 1, Map.of()),
                        new BackendStatus("http://far", "up", 2, Map.of())),
                false, true);
        assertThat(one.plus(other)).isEqualTo(new AnswerStatus(5, 1, 5, 5, 4, 1, 5, 3, 0.5, 1_500, 8,
                List.of(new BackendStatus("http://near", "up", 3, Map.of("m", "warm")),
                        new BackendStatus("http://far", "up", 2, Map.of())),
                false, true));
    }

    @Test
    void aNodeThatHasEndedNothingChangesNeitherTheSharesNorTheTimes() {
        AnswerStatus idle = new AnswerStatus(0, 0, 5, 5, 0, 0, 0, 0, 1, 0, 0, List.of(), false, false);
        for (AnswerStatus both : List.of(one.plus(idle), idle.plus(one))) {
            assertThat(both.successRate()).isEqualTo(0.75);
            assertThat(both.averageMillis()).isEqualTo(1_000);
        }
        assertThat(idle.plus(idle)).isEqualTo(idle);
    }
}
