package dev.parley.gateway.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MarkTests {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    @Property
    void inWhateverOrderMarksComeTheyNeverGoBack(
            @ForAll @Size(max = 200) List<@LongRange(min = 0, max = 300) Long> seqs) {
        Mark mark = Mark.NONE;
        long furthest = 0;
        for (int i = 0; i < seqs.size(); i++) {
            mark = mark.moveTo(seqs.get(i), NOON.plusSeconds(i));
            furthest = Math.max(furthest, seqs.get(i));
            assertThat(mark.seq()).isEqualTo(furthest);
        }
        assertThat(again(mark).seq()).isEqualTo(furthest);
        assertThat(mark.text().split(" ")).hasSizeLessThanOrEqualTo(41);
    }

    @Property
    void aTimeOnceGivenStaysOrIsForgotten(@ForAll @Size(max = 100) List<@LongRange(min = 1, max = 100) Long> seqs) {
        Mark mark = Mark.NONE;
        for (int i = 0; i < seqs.size(); i++) {
            Mark next = mark.moveTo(seqs.get(i), NOON.plusSeconds(i));
            for (long seq = 1; seq <= mark.seq(); seq++) {
                assertThat(next.coveredAt(seq)).isIn(mark.coveredAt(seq), null);
            }
            mark = next;
        }
    }

    @Test
    void eachOfTheLastTwentyStepsHasItsTime() {
        Mark mark = Mark.NONE;
        for (int step = 1; step <= 50; step++) {
            mark = mark.moveTo(step * 10L, NOON.plusSeconds(step));
        }
        assertThat(mark.coveredAt(500)).isEqualTo(NOON.plusSeconds(50));
        assertThat(mark.coveredAt(301)).isEqualTo(NOON.plusSeconds(31));
        assertThat(mark.coveredAt(300)).isNull();
        assertThat(mark.coveredAt(501)).isNull();
        assertThat(again(mark).coveredAt(301)).isEqualTo(NOON.plusSeconds(31));
        assertThat(Objects.requireNonNull(mark.at())).isEqualTo(NOON.plusSeconds(50));
    }

    private static Mark again(Mark mark) {
        return Mark.of(Arrays.stream(mark.text().split(" ")).map(Long::valueOf).toArray(Long[]::new));
    }
}
