package dev.parley.gateway.cluster;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class AskingTests {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Asking asking = new Asking();

    @Test
    void isOverWhenAsManyHaveRepliedAsWereAsked() {
        StepVerifier.create(asking.expect(2))
                .then(asking::replied)
                .expectNoEvent(Duration.ofMillis(10))
                .then(asking::replied)
                .verifyComplete();
    }

    @Test
    void repliesMayComeBeforeItIsKnownHowManyThereWillBe() {
        asking.replied();
        asking.replied();
        StepVerifier.create(asking.expect(2)).expectComplete().verify(PATIENCE);
    }

    @Test
    void isOverAtOnceWhereNobodyElseHears() {
        StepVerifier.create(asking.expect(0)).expectComplete().verify(PATIENCE);
    }

    @Test
    void moreRepliesThanWereExpectedDoNoHarm() {
        StepVerifier.create(asking.expect(1)).then(asking::replied).expectComplete().verify(PATIENCE);
        asking.replied();
    }

    @Test
    void isOverAfterAWhileWhereSomebodyNeverReplies() {
        StepVerifier.withVirtualTime(() -> asking.expect(1)).expectSubscription()
                .expectNoEvent(Duration.ofSeconds(4))
                .thenAwait(Duration.ofSeconds(1))
                .expectComplete()
                .verify(PATIENCE);
    }
}
