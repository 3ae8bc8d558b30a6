package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class VisitsTests {

    private static final String HOME = "192.0.2.7";

    private long now;
    private final RateLimits limits = new RateLimits(new SimpleMeterRegistry(), () -> now);
    private final Visits visits = new Visits(
            new ClientAddresses(new AddressSettings(10, List.of(), List.of())), new VisitSettings(20), limits);
    private final AtomicInteger opened = new AtomicInteger();

    @Test
    void whoTriesAllTheTimeOpensTwentyAndThenTwentyAMinute() {
        for (int second = 0; second < 600; second++) {
            open(HOME, true);
            now += Duration.ofSeconds(1).toNanos();
        }
        assertThat(opened.get()).isBetween(20 + 199, 20 + 200);
        assertThat(limits.refused()).containsEntry("visits", 0L);
    }

    @Test
    void aFloodLeavesOthersUntouched() {
        for (int i = 0; i < 1000; i++) {
            open(HOME, true);
        }
        assertThat(opened.get()).isEqualTo(20);
        assertThat(open("192.0.2.8", true)).isTrue();
    }

    @Test
    void whoComesBackMayDoSoTenTimesAsOften() {
        for (int i = 0; i < 1000; i++) {
            open(HOME, false);
        }
        assertThat(opened.get()).isEqualTo(200);
        assertThat(limits.refused()).isEqualTo(Map.of("dialogs", 0L, "visits", 800L));
        now += Duration.ofMillis(300).toNanos();
        assertThat(open(HOME, true)).isTrue();
        assertThat(open(HOME, true)).isFalse();
    }

    @Test
    void whoIsNotHeldMayDoWhatItLikes() {
        for (int i = 0; i < 1000; i++) {
            assertThat(open(null, true)).isTrue();
        }
    }

    private boolean open(@Nullable String address, boolean isNew) {
        return Boolean.TRUE.equals(visits.open(address, Mono.fromCallable(opened::incrementAndGet), done -> isNew)
                .map(number -> true).onErrorReturn(false).block());
    }
}
