package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BusWorkersTests {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Counter dropped = new SimpleMeterRegistry().counter("dropped");
    private final BusWorkers workers = new BusWorkers(2, dropped);

    @AfterEach
    void close() {
        workers.dispose();
    }

    @Test
    void whatComesOfOneDialogIsWorkedOnInItsOrder() {
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        IntStream.range(0, 2_000).forEach(i -> assertThat(workers.offer(7, () -> done.add(i))).isTrue());
        Awaitility.await().atMost(PATIENCE).until(() -> done.size() == 2_000);
        assertThat(done).isSorted();
    }

    @Test
    void whatFailsIsLeftOutAndTheRestGoesOn() {
        AtomicBoolean done = new AtomicBoolean();
        workers.offer(7, () -> {
            throw new IllegalStateException("of a test");
        });
        workers.offer(7, () -> done.set(true));
        Awaitility.await().atMost(PATIENCE).untilTrue(done);
    }

    @Test
    void whatThereIsNoRoomForIsRefusedAndCountedAndNobodyWaits() {
        AtomicBoolean go = new AtomicBoolean();
        workers.offer(7, () -> {
            while (!go.get()) {
                // Busy, for a worker may not wait.
            }
        });
        boolean all = true;
        for (int i = 0; i < 5_000; i++) {
            all &= workers.offer(7, () -> {});
        }
        assertThat(all).isFalse();
        assertThat(dropped.count()).isPositive();
        go.set(true);
        Awaitility.await().atMost(PATIENCE).until(() -> workers.offer(7, () -> {}));
    }
}
