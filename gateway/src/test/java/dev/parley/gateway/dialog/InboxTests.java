package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class InboxTests {

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final List<Long> toldOthers = new ArrayList<>();
    private final Inbox inbox = new Inbox(new Dialogs(mock(DatabaseClient.class)), toldOthers::add, clock);

    @Test
    void whoeverWatchesBeginsAnewWhereChangesOfOtherNodesWereLost() {
        StepVerifier.create(inbox.watch())
                .then(() -> clock.advanceTimeBy(Duration.ofMinutes(1)))
                .then(inbox::lost)
                .then(() -> clock.advanceTimeBy(Duration.ofMillis(500)))
                .expectComplete()
                .verify(Duration.ofSeconds(10));
        StepVerifier.create(inbox.watch())
                .then(() -> clock.advanceTimeBy(Duration.ofMinutes(1)))
                .thenCancel()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void whatWasLostBeforeAnybodyWatchedIsNobodysLoss() {
        inbox.lost();
        StepVerifier.create(inbox.watch())
                .then(() -> clock.advanceTimeBy(Duration.ofMinutes(1)))
                .thenCancel()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void otherNodesAreToldOfWhatChangesHereAlsoWhereNobodyWatchesHere() {
        inbox.changed(7);
        inbox.changedAnywhere(8);
        assertThat(toldOthers).containsExactly(7L);
    }
}
