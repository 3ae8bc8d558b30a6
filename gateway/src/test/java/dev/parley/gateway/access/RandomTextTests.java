package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class RandomTextTests {

    private final RandomText random = new RandomText();

    @Test
    void aPasswordCanBeCopiedByHand() {
        assertThat(random.password()).matches("([a-hjkmnp-z1-9]{5}-){3}[a-hjkmnp-z1-9]{5}")
                .isNotEqualTo(random.password());
    }

    /** BlockHound would fail this test if it read a device there. */
    @Test
    void anEventLoopMayAsk() {
        StepVerifier.create(Mono.fromCallable(() -> random.urlSafe(16)).subscribeOn(Schedulers.parallel()))
                .assertNext(text -> assertThat(text).hasSize(22))
                .expectComplete()
                .verify(Duration.ofSeconds(5));
    }
}
