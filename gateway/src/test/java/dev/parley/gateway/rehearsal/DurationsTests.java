package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTests {

    @ParameterizedTest
    @CsvSource({"300ms,300", "1.5s,1500", "5m,300000", "1h30m,5400000", "2,2000", "0,0"})
    void readsWhatPeopleWrite(String text, long millis) {
        assertThat(Durations.of(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1 s", "1s2", "soon", "1d"})
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> Durations.of(text + "x")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a duration such as");
    }

    @Property
    void readsWhatItWrites(@ForAll @LongRange(max = 1_000_000_000) long nanos,
            @ForAll @LongRange(max = 1_000) long unit) {
        Duration duration = Duration.ofNanos(nanos * (unit % 2 == 0 ? 1 : 1_000));

        assertThat(Durations.of(Durations.text(duration))).isEqualTo(duration);
    }
}
