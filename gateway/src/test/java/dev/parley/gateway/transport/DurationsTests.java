package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DurationsTests {

    private static final long FIFTY_DAYS = (1L << 42) - 1;

    private final Durations durations = new Durations();

    @Property
    void aQuantileIsAtMostASixteenthTooLong(
            @ForAll @Size(min = 1, max = 50) List<@LongRange(max = FIFTY_DAYS) Long> micros,
            @ForAll @DoubleRange(min = 0.01, max = 1) double part) {
        Durations fresh = new Durations();
        micros.forEach(each -> fresh.record(Duration.ofNanos(each * 1000)));

        long exact = micros.stream().sorted().skip((long) Math.ceil(part * micros.size()) - 1).findFirst()
                .orElseThrow();
        long found = fresh.quantile(part).toNanos() / 1000;
        assertThat(found).isBetween(exact, exact + exact / 16);
        assertThat(fresh.max().toNanos() / 1000).isEqualTo(micros.stream().mapToLong(each -> each).max().orElseThrow());
    }

    @Test
    void withoutAnyAllIsZero() {
        assertThat(durations.quantile(0.5)).isZero();
        assertThat(durations.max()).isZero();
    }

    @Test
    void halfAndNearlyAll() {
        for (int i = 1; i <= 100; i++) {
            durations.record(Duration.ofMillis(i));
        }
        assertThat(durations.quantile(0.5)).isBetween(Duration.ofMillis(50), Duration.ofMillis(54));
        assertThat(durations.quantile(0.95)).isBetween(Duration.ofMillis(95), Duration.ofMillis(100));
        assertThat(durations.max()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void whatCannotBeIsPutAtTheEnds() {
        durations.record(Duration.ofMillis(-5));
        durations.record(Duration.ofDays(5000));
        assertThat(durations.quantile(0.5)).isZero();
        assertThat(durations.max()).isBetween(Duration.ofDays(50), Duration.ofDays(51));
    }
}
