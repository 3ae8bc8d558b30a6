package dev.parley.gateway.dialog;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static dev.parley.gateway.Await.PATIENCE;
import static dev.parley.gateway.Await.await;
import static dev.parley.gateway.dialog.LogFixture.answer;
import static dev.parley.gateway.dialog.LogFixture.fromUser;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.Reset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@ResourceLock(Lanes.OWN)
class DialogFeedIntegrationTests {

    private static final Caller.Operator ANNA = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));

    private static LogFixture fixture;
    private long dialog;

    @BeforeAll
    static void start() {
        fixture = new LogFixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @BeforeEach
    void openDialog() {
        dialog = fixture.openDialogs(1).getFirst();
    }

    @Test
    void whatWasMissedComesFirstAndThenWhatHappens() {
        send(1, 250);
        StepVerifier.create(seqs(fixture.follow(dialog, 10)))
                .expectNextSequence(range(11, 250))
                .then(() -> send(251, 260))
                .expectNextSequence(range(251, 260))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void followersWhoComeWhileMessagesDoMissNoneAndGetNoneTwice() {
        Flux<Long> sending = Flux.range(1, 400)
                .flatMap(i -> fixture.log.append(fromUser(dialog, "m" + i, "x")).thenReturn((long) i), 8);
        Flux<List<Long>> followers = Flux.range(0, 20)
                .flatMap(i -> Mono.delay(java.time.Duration.ofMillis(ThreadLocalRandom.current().nextInt(150)))
                        .flatMap(tick -> seqs(fixture.follow(dialog, 0)).take(400).collectList()), 20);
        List<List<Long>> seen = await(followers.collectList().doOnSubscribe(now -> sending.subscribe()));
        assertThat(seen).hasSize(20).allSatisfy(one -> assertThat(one).isEqualTo(range(1, 400)));
    }

    @Test
    void aHoleInWhatIsHeardLiveIsReadFromTheLog() {
        StepVerifier.create(seqs(fixture.follow(dialog, 0)))
                .then(() -> send(1, 1))
                .expectNext(1L)
                .then(() -> {
                    fixture.storeElsewhere(dialog, 2, Sender.USER, "");
                    send(3, 3);
                })
                .expectNext(2L, 3L)
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void aFollowerThatStoppedReadingGetsEverythingOnceItReadsAgain() {
        List<Long> seen = new ArrayList<>();
        StepVerifier.create(seqs(fixture.follow(dialog, 0)), 0)
                .then(() -> send(1, 900))
                .thenRequest(Long.MAX_VALUE)
                .recordWith(() -> seen)
                .expectNextCount(900)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(seen).isEqualTo(range(1, 900));
    }

    @Test
    void thePeopleAreShownToWhoHasCaughtUpAndAgainToWhoMissedSomething() {
        DialogEvent.OfPerson typing = new DialogEvent.Typing(dialog, Sender.MANAGER, "1", "Anna", true);
        fixture.people = List.of(typing);
        List<DialogEvent> seen = new ArrayList<>();
        send(1, 3);
        try {
            StepVerifier.create(fixture.follow(dialog, 0), 4)
                    .recordWith(() -> seen)
                    .expectNextCount(4) // it has caught up, and reads no more
                    .then(() -> send(4, 900))
                    .thenRequest(Long.MAX_VALUE)
                    .expectNextCount(898)
                    .thenCancel()
                    .verify(PATIENCE);
        } finally {
            fixture.people = List.of();
        }
        assertThat(seen.indexOf(typing)).as("after what it missed").isEqualTo(3);
        assertThat(seen.lastIndexOf(typing)).as("and when it had not heard all").isGreaterThan(3);
    }

    @Test
    void whoIsTooFarBehindIsToldToReadTheHistory() {
        fixture.database.execute("""
                insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)
                select %1$d, s, 'user', 'v', 'old' || s, 'x', 0, now() from generate_series(1, 1200) s;
                update dialogs set last_seq = 1200 where id = %1$d""".formatted(dialog));
        StepVerifier.create(fixture.follow(dialog, 100))
                .expectNext(new Reset(dialog, 1200))
                .then(() -> send(1201, 1201))
                .assertNext(event -> assertThat(((Logged) event).message().seq()).isEqualTo(1201))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void thoseWhoComeBackAreServedFromMemory() {
        Disposable somebody = fixture.follow(dialog, 0).subscribe();
        send(1, 80);
        // Nobody reads this from the log: it is not what was stored.
        fixture.database.execute("update messages set text = 'from the log' where dialog_id = " + dialog);
        List<String> texts = await(fixture.follow(dialog, 0)
                .ofType(Logged.class)
                .map(logged -> logged.message().text())
                .take(80)
                .collectList());
        somebody.dispose();
        assertThat(texts).hasSize(80).containsOnly("text");
    }

    @Test
    void anAnswerIsNotSeenToGrowAfterItsMessage() {
        fixture.rooms.hold(dialog);
        send(1, 1);
        fixture.rooms.publish(new AnswerStarted(dialog, "r", 0, 1));
        fixture.rooms.publish(new AnswerDelta(dialog, "r", 0, 0, "Because"));
        List<DialogEvent> seen = new ArrayList<>();
        // The follower reads the log while the answer ends: it finds the message there, and the last delta in its buffer.
        StepVerifier.create(fixture.follow(dialog, 0), 0)
                .then(() -> fixture.rooms.publish(new AnswerDelta(dialog, "r", 0, 7, " it is")))
                .then(() -> await(fixture.log.append(answer(dialog, "r", "Because it is so", 0))))
                .thenRequest(Long.MAX_VALUE)
                .recordWith(() -> seen)
                .thenConsumeWhile(
                        event -> !(event instanceof Logged logged && logged.message().sender() == Sender.ASSISTANT))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(seen.getLast()).isInstanceOf(Logged.class);
    }

    @Test
    void anAnswersEndThatIsHeardWithoutItsMessageComesAfterTheMessage() {
        String request = "missed in " + dialog;
        AnswerFinished end = new AnswerFinished(dialog, request, 0, AnswerEnd.DONE, 2L);
        send(1, 1);
        StepVerifier.create(fixture.follow(dialog, 1))
                .then(() -> {
                    fixture.storeElsewhere(dialog, 2, Sender.ASSISTANT, request);
                    fixture.rooms.receive(dialog, List.of(end));
                })
                .assertNext(event -> assertThat(event).isInstanceOfSatisfying(Logged.class,
                        logged -> assertThat(logged.message().seq()).isEqualTo(2)))
                .expectNext(end)
                .then(() -> send(3, 3))
                .assertNext(event -> assertThat(event).isInstanceOf(Logged.class))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void anAnswerThatBeginsBeforeItsQuestionWasHeardOfComesAfterTheQuestion() {
        AnswerStarted begun = new AnswerStarted(dialog, "r", 0, 2);
        send(1, 1);
        StepVerifier.create(fixture.follow(dialog, 1))
                .then(() -> {
                    fixture.storeElsewhere(dialog, 2, Sender.USER, "r");
                    fixture.rooms.receive(dialog, List.of(begun));
                })
                .assertNext(event -> assertThat(event).isInstanceOf(Logged.class))
                .expectNext(begun)
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void whoKnowsOfAnAnswerThatHasEndedMeanwhileIsTold() {
        fixture.desk.ends.put("gone", AnswerEnd.CANCELLED);
        fixture.rooms.hold(dialog);
        fixture.rooms.publish(new AnswerStarted(dialog, "running", 0, 1));
        StepVerifier.create(fixture.feed.follow(dialog, 0, Map.of("gone", 0, "running", 0, "unheard of", 0))
                .map(SharedEvent::event))
                .expectNext(new AnswerStarted(dialog, "running", 0, 1))
                .expectNext(new AnswerFinished(dialog, "gone", 0, AnswerEnd.CANCELLED, null))
                .then(() -> send(1, 1))
                .assertNext(event -> assertThat(event).isInstanceOf(Logged.class))
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void whoIsToldOfAnEndThatCameWhileItReadTheLogIsGivenItsMessageFirst() {
        String request = "just ended in " + dialog;
        send(1, 1);
        Disposable somebody = fixture.follow(dialog, 0).subscribe();
        fixture.storeElsewhere(dialog, 2, Sender.ASSISTANT, request); // which the room has not heard of yet
        fixture.desk.ends.put(request, AnswerEnd.DONE);
        fixture.desk.messages.put(request, 2L);
        StepVerifier.create(fixture.feed.follow(dialog, 1, Map.of(request, 0)).map(SharedEvent::event))
                .assertNext(event -> assertThat(event).isInstanceOf(Logged.class))
                .expectNext(new AnswerFinished(dialog, request, 0, AnswerEnd.DONE, 2L))
                .thenCancel()
                .verify(PATIENCE);
        somebody.dispose();
    }

    @Test
    void aFollowerIsToldOnceWhenItHasCaughtUp() {
        send(1, 3);
        List<Long> seen = new CopyOnWriteArrayList<>();
        List<List<Long>> whenCaughtUp = new CopyOnWriteArrayList<>();
        StepVerifier.create(fixture.feed
                .follow(dialog, 1, Map.of(), () -> whenCaughtUp.add(List.copyOf(seen)))
                .map(SharedEvent::event)
                .ofType(Logged.class)
                .map(logged -> logged.message().seq())
                .doOnNext(seen::add))
                .expectNext(2L, 3L)
                .then(() -> Awaitility.await().until(() -> !whenCaughtUp.isEmpty()))
                .then(() -> send(4, 4))
                .expectNext(4L)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(whenCaughtUp).containsExactly(List.of(2L, 3L));
    }

    @Test
    void aRoomLivesAsLongAsItsFollowers() {
        int before = fixture.rooms.size();
        Disposable one = fixture.follow(dialog, 0).subscribe();
        Disposable two = fixture.follow(dialog, 0).subscribe();
        assertThat(fixture.rooms.size()).isEqualTo(before + 1);
        one.dispose();
        assertThat(fixture.rooms.size()).isEqualTo(before + 1);
        two.dispose();
        Awaitility.await().untilAsserted(() -> assertThat(fixture.rooms.size()).isEqualTo(before));
    }

    @Test
    void afterATakeoverNobodySeesTheAssistantGoOn() {
        fixture.rooms.hold(dialog);
        send(1, 1);
        fixture.rooms.publish(new AnswerStarted(dialog, "r", 0, 1));
        List<DialogEvent> seen = new ArrayList<>();
        Disposable follower = fixture.follow(dialog, 0).subscribe(seen::add);
        Awaitility.await().untilAsserted(() -> assertThat(seen).hasSize(2));
        await(fixture.handoffs.takeOver(dialog, ANNA));
        fixture.rooms.publish(new AnswerDelta(dialog, "r", 0, 0, "too late"));
        await(fixture.log.append(LogFixture.fromManager(dialog, "m", "hello")));
        Awaitility.await().untilAsserted(() -> assertThat(seen).hasSize(4));
        follower.dispose();
        assertThat(seen).noneMatch(AnswerDelta.class::isInstance);
    }

    private void send(int from, int to) {
        await(Flux.range(from, to - from + 1)
                .flatMap(i -> fixture.log.append(fromUser(dialog, "m" + i, "text")), 100)
                .collectList());
    }

    private static Flux<Long> seqs(Flux<DialogEvent> events) {
        return events.ofType(Logged.class).map(logged -> logged.message().seq());
    }

    private static List<Long> range(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }
}
