package dev.parley.gateway.dialog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import java.time.Instant;
import java.util.Collection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;

class DialogRoomTests {

    private static final DialogRoom.Neighbours NOBODY = new DialogRoom.Neighbours() {
        @Override
        public void ask() {}

        @Override
        public void remember(List<Message> newest) {}

        @Override
        public void findEnds(Collection<String> requestIds) {}
    };

    private final DialogRoom room = new DialogRoom(3, NOBODY);
    private final List<Object> heard = new ArrayList<>();

    @BeforeEach
    void open() {
        room.open(List.of());
    }

    @Test
    void whoJoinsLateGetsTheTextSoFarAndThenTheRest() {
        publish(List.of(new AnswerStarted(1, "r", 0, 5), delta("r", 0, "Hel"), delta("r", 3, "lo")));
        Disposable follower = join();
        publish(List.of(delta("r", 5, " world")));
        follower.dispose();

        assertThat(heard).containsExactly(
                new DialogRoom.Snapshot(null, -1, List.of(new AnswerStarted(1, "r", 0, 5), delta("r", 0, "Hello"))),
                delta("r", 5, " world"));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, Hello you", "3, 3, lo you", "9, -1, ''", "10, 0, Hello you", "-2, 0, Hello you"})
    void whoHasAPartOfTheTextIsGivenTheRest(int given, int offset, String rest) {
        publish(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hello you")));
        room.join(0, Map.of("r", given), new Recorder(heard::add));
        List<AnswerDelta> deltas = ((DialogRoom.Snapshot) heard.getFirst()).answers().stream()
                .filter(AnswerDelta.class::isInstance).map(AnswerDelta.class::cast).toList();
        assertThat(deltas).isEqualTo(offset < 0 ? List.of() : List.of(delta("r", offset, rest)));
    }

    @Test
    void aQueuedAnswerIsKnownByItsNewestPlace() {
        publish(
                List.of(new AnswerQueued(1, "r", 0, 5, 4, null, null), new AnswerQueued(1, "r", 0, 5, 2, null, null)));
        join().dispose();
        assertThat(heard).containsExactly(
                new DialogRoom.Snapshot(null, -1, List.of(new AnswerQueued(1, "r", 0, 5, 2, null, null))));
    }

    @Test
    void nothingOfTheAssistantIsToldAfterATakeover() {
        publish(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Let me")));
        join();
        heard.clear();
        publish(List.of(new Logged(message(2, Message.Kind.HANDOFF_STARTED, 1))));
        publish(List.of(delta("r", 6, " think"), new AnswerStarted(1, "other", 0, 1), delta("other", 0, "late")));

        assertThat(heard).containsExactly(new Logged(message(2, Message.Kind.HANDOFF_STARTED, 1)));
        heard.clear();
        join();
        assertThat(heard).singleElement().isInstanceOfSatisfying(DialogRoom.Snapshot.class,
                snapshot -> assertThat(snapshot.answers()).isEmpty());
    }

    @Test
    void anAnswerEndsOnceAndNothingOfItIsToldAfterwardsWhoeverTellsIt() {
        publish(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Done")));
        publish(List.of(new AnswerFinished(1, "r", 0, AnswerEnd.DONE, 2L)));
        join();
        heard.clear();
        room.receive(List.of(delta("r", 2, "ne"), new AnswerStarted(1, "r", 0, 1),
                new AnswerFinished(1, "r", 0, AnswerEnd.DONE, 2L)));
        assertThat(heard).isEmpty();
        join();
        assertThat(((DialogRoom.Snapshot) heard.getFirst()).answers()).isEmpty();
    }

    @Test
    void guestsWaitUntilOtherNodesAreHeardAndMissNothingThatIsToldMeanwhile() {
        DialogRoom closed = new DialogRoom(3, NOBODY);
        closed.join(0, Map.of(), new Recorder(heard::add));
        closed.receive(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hel")));
        assertThat(heard).isEmpty();

        closed.open(List.of(message(1, Message.Kind.MESSAGE, 0), message(2, Message.Kind.MESSAGE, 0)));
        closed.receive(List.of(delta("r", 3, "lo")));
        assertThat(heard).containsExactly(
                new DialogRoom.Snapshot(
                        List.of(message(1, Message.Kind.MESSAGE, 0), message(2, Message.Kind.MESSAGE, 0)),
                        2, List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hel"))),
                delta("r", 3, "lo"));
    }

    @Test
    void whereTheBeginningOfAnotherNodesAnswerIsNotKnownItIsAskedForOnceAndTheTextIsWholeAgain() {
        List<String> asked = new ArrayList<>();
        DialogRoom other = among(() -> asked.add("asked"));
        other.join(0, Map.of(), new Recorder(heard::add));
        heard.clear();
        other.receive(List.of(delta("r", 3, "lo"), delta("r", 5, " wor")));
        assertThat(heard).isEmpty();
        assertThat(asked).hasSize(1);

        other.catchUp(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hello wor")));
        other.receive(List.of(delta("r", 9, "ld"), delta("r", 20, "lost before")));
        assertThat(heard).containsExactly(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hello wor"),
                delta("r", 9, "ld"));
        assertThat(asked).hasSize(2);
        other.catchUp(List.of(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hello world, and more")));
        assertThat(heard).endsWith(delta("r", 0, "Hello world, and more")).hasSize(4);
    }

    @Test
    void whereMessagesWereMissedAnswersOfOtherNodesMayBeOverAndAreAskedFor() {
        List<String> asked = new ArrayList<>();
        DialogRoom other = among(() -> asked.add("asked"));
        other.receive(List.of(new Logged(message(1, Message.Kind.MESSAGE, 0)), new AnswerStarted(1, "r", 0, 1),
                delta("r", 0, "Hello")));
        other.publish(List.of(new AnswerStarted(1, "own", 0, 1)), () -> {});
        other.receive(List.of(new Logged(message(3, Message.Kind.MESSAGE, 0))));
        assertThat(asked).hasSize(1);
        other.join(3, Map.of(), new Recorder(heard::add));
        assertThat(((DialogRoom.Snapshot) heard.getLast()).answers())
                .containsExactly(new AnswerStarted(1, "own", 0, 1));
    }

    @Test
    void anAnswerOfTheNewTurnIsTold() {
        publish(List.of(new Logged(message(2, Message.Kind.HANDOFF_ENDED, 2))));
        join();
        heard.clear();
        publish(List.of(new AnswerStarted(1, "r", 2, 3), delta("r", 0, "x", 2)));
        assertThat(heard).hasSize(2);
    }

    @Test
    void anAnswersEndIsAlwaysToldAndForgetsIt() {
        publish(List.of(new AnswerStarted(1, "r", 0, 1)));
        join();
        heard.clear();
        AnswerFinished end = new AnswerFinished(1, "r", 0, AnswerEnd.DONE, 3L);
        publish(List.of(end));
        assertThat(heard).containsExactly(end);
        heard.clear();
        join();
        assertThat(((DialogRoom.Snapshot) heard.getFirst()).answers()).isEmpty();
    }

    @Test
    void manyWritersAreHeardOneAfterTheOther() throws InterruptedException {
        int writers = 4;
        int each = 5_000;
        List<Object> all = new ArrayList<>(); // not synchronised: that the room serialises is what is tested
        Disposable follower = join(all::add);
        CountDownLatch done = new CountDownLatch(writers);
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (int w = 0; w < writers; w++) {
                String id = "r" + w;
                threads.execute(() -> {
                    publish(List.of(new AnswerStarted(1, id, 0, 1)));
                    for (int i = 0; i < each; i++) {
                        publish(List.of(delta(id, i, "x")));
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

    private Disposable join() {
        return join(heard::add);
    }

    /** A room that has others on other nodes. */
    private static DialogRoom among(Runnable whenAsked) {
        DialogRoom one = new DialogRoom(3, new DialogRoom.Neighbours() {
            @Override
            public void ask() {
                whenAsked.run();
            }

            @Override
            public void remember(List<Message> newest) {}

            @Override
            public void findEnds(Collection<String> requestIds) {}
        });
        one.open(List.of());
        return one;
    }

    private Disposable join(Consumer<Object> hears) {
        Recorder recorder = new Recorder(hears);
        room.join(0, Map.of(), recorder);
        return recorder;
    }

    private static final class Recorder extends BaseSubscriber<SharedEvent> implements DialogRoom.Guest {

        private final Consumer<Object> hears;

        Recorder(Consumer<Object> hears) {
            this.hears = hears;
        }

        @Override
        public void onJoined(DialogRoom.Snapshot snapshot) {
            hears.accept(snapshot);
        }

        @Override
        protected void hookOnNext(SharedEvent event) {
            hears.accept(event.event());
        }
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

    private void publish(List<? extends DialogEvent> events) {
        room.publish(events, () -> {});
    }
}
