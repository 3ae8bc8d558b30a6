package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

class DialogRoomTests {

    private final DialogRoom room = new DialogRoom(3);
    private final List<RoomSignal> heard = new ArrayList<>();

    @Test
    void whoJoinsLateGetsTheTextSoFarAndThenTheRest() {
        room.publish(List.of(new AnswerStarted(1, "r", 0, 5), delta("r", 0, "Hel"), delta("r", 3, "lo")));
        Disposable follower = join();
        room.publish(List.of(delta("r", 5, " world")));
        follower.dispose();

        assertThat(heard).containsExactly(
                new RoomSignal.Snapshot(List.of(), List.of(new AnswerStarted(1, "r", 0, 5), delta("r", 0, "Hello"))),
                delta("r", 5, " world"));
    }

    @Test
    void aQueuedAnswerIsKnownByItsNewestPlace() {
        room.publish(List.of(new AnswerQueued(1, "r", 0, 5, 4), new AnswerQueued(1, "r", 0, 5, 2)));
        join().dispose();
        assertThat(heard).containsExactly(
                new RoomSignal.Snapshot(List.of(), List.of(new AnswerQueued(1, "r", 0, 5, 2))));
    }

    @Test
    void nothingOfTheAssistantIsToldAfterATakeover() {
        room.publish(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Let me")));
        join();
        heard.clear();
        room.publish(List.of(new Logged(message(2, Message.Kind.HANDOFF_STARTED, 1))));
        room.publish(List.of(delta("r", 6, " think"), new AnswerStarted(1, "other", 0, 1), delta("other", 0, "late")));

        assertThat(heard).containsExactly(new Logged(message(2, Message.Kind.HANDOFF_STARTED, 1)));
        heard.clear();
        join();
        assertThat(heard).singleElement().isInstanceOfSatisfying(RoomSignal.Snapshot.class,
                snapshot -> assertThat(snapshot.answers()).isEmpty());
    }

    @Test
    void anAnswerOfTheNewTurnIsTold() {
        room.publish(List.of(new Logged(message(2, Message.Kind.HANDOFF_ENDED, 2))));
        join();
        heard.clear();
        room.publish(List.of(new AnswerStarted(1, "r", 2, 3), delta("r", 0, "x", 2)));
        assertThat(heard).hasSize(2);
    }

    @Test
    void anAnswersEndIsAlwaysToldAndForgetsIt() {
        room.publish(List.of(new AnswerStarted(1, "r", 0, 1)));
        join();
        heard.clear();
        AnswerFinished end = new AnswerFinished(1, "r", 0, AnswerEnd.DONE, 3L, 0);
        room.publish(List.of(end));
        assertThat(heard).containsExactly(end);
        heard.clear();
        join();
        assertThat(((RoomSignal.Snapshot) heard.getFirst()).answers()).isEmpty();
    }

    @Test
    void itRemembersTheNewestMessagesWithoutAHole() {
        for (long seq : List.of(1L, 2L, 3L, 4L)) {
            room.publish(List.of(new Logged(message(seq, Message.Kind.MESSAGE, 0))));
        }
        assertThat(recent()).containsExactly(2L, 3L, 4L);
        room.publish(List.of(new Logged(message(7, Message.Kind.MESSAGE, 0))));
        assertThat(recent()).containsExactly(7L);
    }

    @Test
    void manyWritersAreHeardOneAfterTheOther() throws InterruptedException {
        int writers = 4;
        int each = 5_000;
        List<RoomSignal> all = new ArrayList<>(); // not synchronised: that the room serialises is what is tested
        Disposable follower = room.join().subscribe(all::add);
        CountDownLatch done = new CountDownLatch(writers);
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (int w = 0; w < writers; w++) {
                String id = "r" + w;
                threads.execute(() -> {
                    room.publish(List.of(new AnswerStarted(1, id, 0, 1)));
                    for (int i = 0; i < each; i++) {
                        room.publish(List.of(delta(id, i, "x")));
                    }
                    done.countDown();
                });
            }
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }
        follower.dispose();
        assertThat(all).hasSize(1 + writers * (each + 1));
        for (int w = 0; w < writers; w++) {
            String id = "r" + w;
            assertThat(all.stream().filter(s -> s instanceof AnswerDelta d && d.requestId().equals(id)))
                    .extracting(s -> ((AnswerDelta) s).offset())
                    .isSorted()
                    .hasSize(each);
        }
    }

    @Test
    void aFollowerThatDoesNotAskCostsTheOthersNothing() {
        StepVerifier.create(room.join().onBackpressureBuffer(1), 0).then(() -> {
            Disposable other = join();
            for (int i = 1; i <= 100; i++) {
                room.publish(List.of(new Logged(message(i, Message.Kind.MESSAGE, 0))));
            }
            other.dispose();
        }).thenCancel().verify(Duration.ofSeconds(5));
        assertThat(heard).hasSize(101);
    }

    private Disposable join() {
        return room.join().subscribe(heard::add);
    }

    private List<Long> recent() {
        heard.clear();
        join().dispose();
        return ((RoomSignal.Snapshot) heard.getFirst()).recent().stream().map(Message::seq).toList();
    }

    static AnswerDelta delta(String requestId, int offset, String text) {
        return delta(requestId, offset, text, 0);
    }

    private static AnswerDelta delta(String requestId, int offset, String text, long turn) {
        return new AnswerDelta(1, requestId, turn, offset, text);
    }

    static Message message(long seq, Message.Kind kind, long turn) {
        return new Message(1, seq, seq, kind, kind == Message.Kind.MESSAGE ? Sender.USER : Sender.SYSTEM, "1", "Anna",
                null,
                "text " + seq, null, null, turn, Instant.EPOCH);
    }
}
