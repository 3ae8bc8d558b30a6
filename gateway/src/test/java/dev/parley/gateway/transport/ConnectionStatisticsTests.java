package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.problem.Problem;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConnectionStatisticsTests {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private long now = -SECOND.toNanos() * 100;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ConnectionStatistics statistics = new ConnectionStatistics(meters, () -> now);

    @Test
    void thePeakIsTheMostThatWereEverOpenAtOnce() {
        open(Transport.WEBSOCKET, 3);
        open(Transport.SSE, 1);
        statistics.closed(Transport.SSE, SECOND);
        statistics.closed(SECOND, 1000);
        open(Transport.POLL, 1);

        assertThat(statistics.active()).isEqualTo(3);
        assertThat(statistics.peak()).isEqualTo(4);
        assertThat(statistics.of(Transport.WEBSOCKET).active()).isEqualTo(2);
        assertThat(statistics.of(Transport.WEBSOCKET).opened()).isEqualTo(3);
        assertThat(statistics.of(Transport.WEBSOCKET).closed()).isOne();
    }

    @Test
    void theRateIsThatOfTheLastMinute() {
        open(Transport.WEBSOCKET, 5);
        pass(Duration.ofSeconds(30));
        open(Transport.POLL, 7);
        assertThat(statistics.openedInTheLastMinute()).isEqualTo(12);
        pass(Duration.ofSeconds(29));
        assertThat(statistics.openedInTheLastMinute()).isEqualTo(12);
        pass(SECOND);
        assertThat(statistics.openedInTheLastMinute()).isEqualTo(7);
        pass(Duration.ofHours(100));
        assertThat(statistics.openedInTheLastMinute()).isZero();
        open(Transport.WEBSOCKET, 1);
        assertThat(statistics.openedInTheLastMinute()).isOne();
    }

    @Test
    void refusalsAreCountedByTransportAndReason() {
        statistics.refused(Transport.SSE, Problem.RATE_LIMITED);
        statistics.refused(Transport.SSE, Problem.RATE_LIMITED);
        statistics.refused(Transport.SSE, Problem.NOT_FOUND);
        statistics.refused(Transport.POLL, Problem.RATE_LIMITED);

        assertThat(statistics.refusals(Transport.SSE)).isEqualTo(Map.of("rate_limited", 2L, "not_found", 1L));
        assertThat(statistics.refusals(Transport.WEBSOCKET)).isEmpty();
        assertThat(meters.get("parley.connections.refused").tags("transport", "sse", "reason", "rate_limited").counter()
                .count()).isEqualTo(2);
    }

    @Test
    void fallbacksAreCountedByWhereFromAndWhereTo() {
        statistics.fellBack(Transport.WEBSOCKET, Transport.SSE);
        statistics.fellBack(Transport.WEBSOCKET, Transport.POLL);
        statistics.fellBack(Transport.SSE, Transport.POLL);
        statistics.fellBack(Transport.SSE, Transport.POLL);

        assertThat(statistics.fallbacks(Transport.WEBSOCKET)).isEqualTo(Map.of("sse", 1L, "poll", 1L));
        assertThat(statistics.fallbacks(Transport.SSE)).isEqualTo(Map.of("poll", 2L));
    }

    @Test
    void codesThatClientsMakeUpMakeNoMeters() {
        for (int code = 3000; code < 5000; code++) {
            statistics.opened(Transport.WEBSOCKET);
            statistics.closed(SECOND, code);
        }
        assertThat(statistics.closes()).containsOnlyKeys("4401", "4403", "4404", "4408", "4429", "other")
                .containsEntry("other", 1995L);
        assertThat(meters.find("parley.connections.closes").counters()).hasSize(6);
    }

    @Test
    void whatWasDeliveredIsInTheMetersToo() {
        statistics.delivered(Transport.POLL, 3, 1000);
        statistics.delivered(Transport.POLL, 2, 24);
        Outbox.Meter meter = statistics.of(Transport.SSE);
        meter.written(1, 100);
        meter.merged();
        meter.dropped(9);
        meter.handedOver(Duration.ofMillis(3));
        statistics.missedPing();
        statistics.roundTrip(Duration.ofMillis(20));

        assertThat(meters.get("parley.delivery.events").tag("transport", "poll").functionCounter().count())
                .isEqualTo(5);
        assertThat(meters.get("parley.delivery.bytes").tag("transport", "poll").functionCounter().count())
                .isEqualTo(1024);
        assertThat(meters.get("parley.delivery.merged").functionCounter().count()).isOne();
        assertThat(meters.get("parley.delivery.reread").functionCounter().count()).isEqualTo(9);
        assertThat(meters.get("parley.websocket.pings.missed").functionCounter().count()).isOne();
        assertThat(statistics.roundTrips().quantile(0.95)).isEqualTo(Duration.ofMillis(20));
        assertThat(statistics.handOvers().quantile(0.99)).isEqualTo(Duration.ofMillis(3));
    }

    private void open(Transport transport, int times) {
        for (int i = 0; i < times; i++) {
            statistics.opened(transport);
        }
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
