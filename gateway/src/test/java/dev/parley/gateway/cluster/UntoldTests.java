package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class UntoldTests {

    private final AtomicInteger told = new AtomicInteger();
    private final Untold untold = new Untold(told::incrementAndGet);

    @Test
    void whereNothingIsUntoldNobodyIsTold() {
        untold.canTell();
        assertThat(told).hasValue(0);
    }

    @Test
    void whatCouldNotBeToldIsSaidOnce() {
        untold.failed();
        untold.failed();
        untold.canTell();
        untold.canTell();
        assertThat(told).hasValue(1);
    }

    @Test
    void whileManyThingsGoWrongTheOthersAreNotToldOfEach() {
        for (int i = 0; i < 1_000; i++) {
            untold.failed();
            untold.canTell();
        }
        assertThat(told.get()).isBetween(1, 20);
    }

    @Test
    void thatTheOthersCouldNotBeToldIsTriedAgain() {
        Untold[] self = new Untold[1];
        self[0] = new Untold(() -> {
            if (told.incrementAndGet() == 1) {
                self[0].failed();
            }
        });
        self[0].tellNow();
        self[0].canTell();
        assertThat(told).hasValue(2);
    }
}
