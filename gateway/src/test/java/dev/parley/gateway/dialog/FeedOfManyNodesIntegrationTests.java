package dev.parley.gateway.dialog;

import static dev.parley.gateway.Await.PATIENCE;
import static dev.parley.gateway.Await.await;
import static dev.parley.gateway.dialog.LogFixture.fromUser;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Who comes from a node that has heard more than this one is not told again of what is over; and each is told of every end. */
@ResourceLock(Lanes.OWN)
class FeedOfManyNodesIntegrationTests {

    private static final Caller.Operator ANNA = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));

    private final LogFixture fixture = new LogFixture(new QuietBus());
    private final long dialog = fixture.openDialogs(1).getFirst();

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void ofAnAnswerThatTheRoomBelievesToBeInFlight() {
        fixture.rooms.hold(dialog);
        send(1);
        hear(new AnswerStarted(dialog, "r", 0, 1), new AnswerDelta(dialog, "r", 0, 0, "Because"));
        fixture.storeElsewhere(dialog, 2, Sender.ASSISTANT, "r");
        assertNothingButMessagesAfter(2, () -> {});
    }

    @Test
    void ofAnAnswerWhoseNewsAreStillOnTheirWay() {
        send(1);
        fixture.storeElsewhere(dialog, 2, Sender.ASSISTANT, "r");
        assertNothingButMessagesAfter(2, () -> hear(new AnswerStarted(dialog, "r", 0, 1),
                new AnswerDelta(dialog, "r", 0, 0, "Because"),
                new AnswerFinished(dialog, "r", 0, AnswerEnd.DONE, 2L)));
    }

    @Test
    void ofAnAnswerWhoseMessageTheRoomHasMissedBeforeItHeardAnother() {
        fixture.rooms.hold(dialog);
        send(1);
        hear(new AnswerStarted(dialog, "r", 0, 1), new AnswerDelta(dialog, "r", 0, 0, "Because"));
        fixture.storeElsewhere(dialog, 2, Sender.ASSISTANT, "r");
        send(3);
        assertNothingButMessagesAfter(3, () -> {});
    }

    @Test
    void ofAnAnswerWhoseTurnHasEnded() {
        send(1);
        await(fixture.handoffs.takeOver(dialog, ANNA));
        assertNothingButMessagesAfter(2, () -> hear(new AnswerStarted(dialog, "r", 0, 1),
                new AnswerFinished(dialog, "r", 0, AnswerEnd.HANDOFF, null)));
    }

    @Test
    void ofAnAnswerWhoseEndItWasToldOutOfTheLog() {
        send(1);
        AnswerFinished end = new AnswerFinished(dialog, "r", 0, AnswerEnd.CANCELLED, null);
        fixture.desk.ends.put("r", AnswerEnd.CANCELLED);
        StepVerifier.create(fixture.feed.follow(dialog, 1, Map.of("r", 0)).map(SharedEvent::event))
                .expectNext(end)
                .then(() -> hear(end))
                .then(() -> send(2))
                .expectNextMatches(Logged.class::isInstance)
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void whoHasHeardOfAnAnswerIsToldOfItsEndAlsoWhereTheBusHasLostIt() {
        send(1);
        fixture.desk.ends.put("r", AnswerEnd.HANDOFF);
        StepVerifier.create(fixture.follow(dialog, 1))
                .then(() -> hear(new AnswerStarted(dialog, "r", 0, 1)))
                .expectNextMatches(AnswerStarted.class::isInstance)
                .then(() -> await(fixture.handoffs.takeOver(dialog, ANNA)))
                .expectNextMatches(Logged.class::isInstance)
                .expectNext(new AnswerFinished(dialog, "r", 0, AnswerEnd.HANDOFF, null))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void whoHasHeardOfAnAnswerIsToldOfItsEndAlsoWhereMoreThanItsEndWasLost() {
        fixture.rooms.hold(dialog);
        send(1);
        fixture.desk.ends.put("r", AnswerEnd.CANCELLED);
        StepVerifier.create(fixture.follow(dialog, 1))
                .then(() -> hear(new AnswerStarted(dialog, "r", 0, 1)))
                .expectNextMatches(AnswerStarted.class::isInstance)
                .then(() -> fixture.storeElsewhere(dialog, 2, Sender.USER, ""))
                .then(() -> send(3))
                .recordWith(ArrayList::new)
                .expectNextCount(3)
                .consumeRecordedWith(events -> assertThat(events)
                        .contains(new AnswerFinished(dialog, "r", 0, AnswerEnd.CANCELLED, null)))
                .thenCancel()
                .verify(PATIENCE);
    }

    private void assertNothingButMessagesAfter(long seq, Runnable then) {
        StepVerifier.create(fixture.follow(dialog, seq))
                .then(then)
                .then(() -> send(seq + 1))
                .expectNextMatches(event -> event instanceof Logged(Message message) && message.seq() == seq + 1)
                .thenCancel()
                .verify(PATIENCE);
    }

    private void hear(DialogEvent... events) {
        fixture.rooms.receive(dialog, List.of(events));
    }

    private void send(long seq) {
        await(Flux.from(fixture.log.append(fromUser(dialog, "m" + seq, "text"))).collectList());
    }
}
