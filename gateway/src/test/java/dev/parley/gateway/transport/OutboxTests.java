package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Typing;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.dialog.SharedEvent;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

class OutboxTests {

    private static final int SOFT = 200;
    private static final int HARD = 1_000;

    private final Counted meter = new Counted();
    private final Channel channel = new Channel();
    private final List<Throwable> failures = new ArrayList<>();
    private final Outbox outbox = new Outbox(new Outbox.Limits(SOFT, HARD), channel, OutboxTests::text, meter,
            failures::add);
    private final Dialog dialog = new Dialog();

    @Test
    void whatIsAddedIsWrittenInItsOrderWithOneFlush() {
        outbox.reply(bytes("hello"));
        outbox.follow(dialog);
        dialog.tell(message(1));
        outbox.reply(bytes("ack"));
        channel.run();
        assertThat(channel.written).containsExactly("hello", "message 1", "ack");
        assertThat(channel.flushes).isOne();
    }

    @Test
    void nothingIsWrittenThatTheChannelDoesNotTake() {
        channel.writable = false;
        outbox.reply(bytes("one"));
        channel.run();
        assertThat(channel.written).isEmpty();
        channel.open(outbox);
        assertThat(channel.written).containsExactly("one");
    }

    @Test
    void anEventThatManyFollowIsWrittenAsBytesOnce() {
        int[] writings = {0};
        SharedEvent.Form form = event -> {
            writings[0]++;
            return text(event);
        };
        Channel other = new Channel();
        Outbox one = new Outbox(new Outbox.Limits(SOFT, HARD), channel, form, meter, failures::add);
        Outbox two = new Outbox(new Outbox.Limits(SOFT, HARD), other, form, meter, failures::add);
        one.follow(dialog);
        two.follow(dialog);
        dialog.tell(message(1));
        channel.run();
        other.run();
        assertThat(writings[0]).isOne();
        assertThat(channel.bytes.getFirst()).isSameAs(other.bytes.getFirst());
    }

    @Test
    void anAnswersTextIsMergedForASlowClient() {
        fillToSoftBound();
        outbox.follow(dialog);
        dialog.tell(new AnswerStarted(1, "r", 0, 1), delta("r", 0, "Hel"), delta("r", 3, "lo"), delta("q", 0, "other"),
                delta("r", 5, " world"), delta("r", 11, "!"));
        channel.open(outbox);
        assertThat(afterFilling()).containsExactly("started r", "r@0 Hello world!", "q@0 other");
        assertThat(meter.merged).isEqualTo(3);
    }

    @Test
    void aTextThatBeganAnewIsNotMixedWithTheOldOne() {
        fillToSoftBound();
        outbox.follow(dialog);
        dialog.tell(delta("r", 0, "old"), new AnswerStarted(1, "r", 0, 1), delta("r", 0, "new"), delta("r", 1, "ovel"));
        channel.open(outbox);
        assertThat(afterFilling()).containsExactly("r@0 old", "started r", "r@0 novel");
    }

    @Test
    void typingThatIsOverIsNotToldOfFirst() {
        fillToSoftBound();
        outbox.follow(dialog);
        dialog.tell(typing(true), message(1), typing(false));
        channel.open(outbox);
        assertThat(afterFilling()).containsExactly("typing false", "message 1");
    }

    @Test
    void whatCameInBetweenIsNotOvertaken() {
        channel.writable = false;
        outbox.follow(dialog);
        outbox.reply(new byte[SOFT + 1]);
        dialog.tell(typing(true));
        channel.take(outbox, 1);
        dialog.tell(typing(false));
        outbox.reply(new byte[SOFT + 1]);
        dialog.tell(typing(true), typing(false));
        channel.open(outbox);
        assertThat(channel.written).filteredOn(text -> text.startsWith("typing"))
                .containsExactly("typing true", "typing false", "typing false");
    }

    @Test
    void nothingIsMergedForAClientThatReads() {
        outbox.follow(dialog);
        dialog.tell(delta("r", 0, "a"), delta("r", 1, "b"));
        channel.run();
        assertThat(channel.written).containsExactly("r@0 a", "r@1 b");
    }

    @Test
    void beyondTheHardBoundEventsAreDroppedAndFollowedAnewFromWhereTheClientIs() {
        outbox.follow(dialog);
        dialog.tell(message(1));
        channel.run();
        channel.writable = false;
        for (int seq = 2; seq < 200; seq++) {
            dialog.tell(message(seq));
        }
        assertThat(dialog.subscribers()).isZero();
        outbox.reply(bytes("ack"));
        channel.open(outbox);
        assertThat(channel.written).containsExactly("message 1", "ack");
        assertThat(dialog.followedFrom).containsExactly(0L, 1L);
        assertThat(meter.dropped).isGreaterThan(50);
        assertThat(meter.written).isOne();
        dialog.tell(message(2));
        channel.run();
        assertThat(channel.written).endsWith("message 2");
        assertThat(failures).isEmpty();
    }

    @Test
    void oneEventThatIsLargerThanAllBoundsIsWrittenAllTheSame() {
        outbox.follow(dialog);
        dialog.tell(delta("r", 0, "x".repeat(2 * HARD)));
        channel.run();
        dialog.tell(message(1));
        channel.run();
        assertThat(channel.written).hasSize(2).last().isEqualTo("message 1");
        assertThat(channel.written.getFirst()).hasSizeGreaterThan(2 * HARD);
    }

    @Test
    void whatIsUnderWayWhenEventsAreDroppedDoesNotSlipIn() {
        Intake late = new Intake(outbox, dialog);
        outbox.add(late, new SharedEvent(message(1)));
        outbox.follow(dialog);
        late.current = false;
        outbox.add(late, new SharedEvent(message(2)));
        channel.run();
        assertThat(channel.written).containsExactly("message 1");
    }

    @Test
    void aClientThatLetsItsRepliesPileUpIsGivenUp() {
        channel.writable = false;
        for (int i = 0; i < 100; i++) {
            outbox.reply(new byte[100]);
        }
        assertThat(failures).isNotEmpty().first()
                .isInstanceOfSatisfying(ProblemException.class,
                        given -> assertThat(given.problem()).isEqualTo(Problem.TOO_MANY_CONNECTIONS));
    }

    @Test
    void atTheEndWhatWaitsIsWrittenAndNothingElseIsTaken() {
        outbox.follow(dialog);
        dialog.tell(message(1));
        List<String> said = new ArrayList<>();
        outbox.end(() -> said.add("written"));
        dialog.tell(message(2));
        outbox.reply(bytes("late"));
        assertThat(said).isEmpty();
        channel.run();
        assertThat(channel.written).containsExactly("message 1");
        assertThat(said).containsExactly("written");
        assertThat(dialog.subscribers()).isZero();
    }

    @Test
    void whatIsNotFollowedAnyMoreIsNotWritten() {
        Dialog other = new Dialog();
        outbox.follow(dialog);
        outbox.follow(other);
        dialog.tell(message(1));
        other.tell(message(7));
        outbox.unfollow(dialog);
        dialog.tell(message(2));
        channel.run();
        assertThat(channel.written).containsExactly("message 7");
        assertThat(dialog.subscribers()).isZero();
    }

    @Test
    void aConnectionThatIsGoneFollowsNothing() {
        outbox.follow(dialog);
        outbox.discard();
        outbox.follow(dialog);
        assertThat(dialog.subscribers()).isZero();
        assertThat(outbox.isEmpty()).isTrue();
    }

    @Test
    void itKnowsForHowLongTheClientHasTakenNothing() {
        channel.writable = false;
        assertThat(outbox.stalledFor(1_000)).isZero();
        outbox.reply(bytes("one"));
        assertThat(outbox.stalledFor(2_000)).isZero();
        assertThat(outbox.stalledFor(3_000)).isEqualTo(1_000);
        channel.open(outbox);
        assertThat(outbox.stalledFor(4_000)).isZero();
        channel.unsent = 3; // written, and the client does not take it
        outbox.reply(bytes("two"));
        channel.run();
        assertThat(outbox.stalledFor(5_000)).isZero();
        assertThat(outbox.stalledFor(9_000)).isEqualTo(4_000);
        channel.unsent = 0;
        assertThat(outbox.stalledFor(10_000)).isZero();
    }

    @Test
    void signsOfLifeAreNoWords() {
        outbox.sign(bytes("ping"));
        channel.run();
        assertThat(outbox.hasSpoken()).isFalse();
        outbox.reply(bytes("words"));
        channel.run();
        assertThat(outbox.hasSpoken()).isTrue();
        assertThat(outbox.hasSpoken()).isFalse();
    }

    private void fillToSoftBound() {
        channel.writable = false;
        outbox.reply(new byte[SOFT + 1]);
    }

    private List<String> afterFilling() {
        return channel.written.subList(1, channel.written.size());
    }

    private static DialogEvent message(long seq) {
        return new DialogEvent.Reset(1, seq);
    }

    private static AnswerDelta delta(String requestId, int offset, String text) {
        return new AnswerDelta(1, requestId, 0, offset, text);
    }

    private static Typing typing(boolean active) {
        return new Typing(1, Sender.USER, "v", null, active);
    }

    private static byte[] text(SharedEvent shared) {
        return bytes(switch (shared.event()) {
            case DialogEvent.Reset reset -> "message " + reset.seq();
            case AnswerDelta delta -> "%s@%d %s".formatted(delta.requestId(), delta.offset(), delta.text());
            case AnswerStarted started -> "started " + started.requestId();
            case Typing typing -> "typing " + typing.active();
            default -> throw new IllegalArgumentException(shared.toString());
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A dialog that is followed from the last message that was written. */
    private static final class Dialog implements Outbox.Source {

        private final Sinks.Many<SharedEvent> sink = Sinks.many().multicast().directBestEffort();
        private final List<Long> followedFrom = new ArrayList<>();
        private long written;

        void tell(DialogEvent... events) {
            for (DialogEvent event : events) {
                sink.tryEmitNext(new SharedEvent(event));
            }
        }

        int subscribers() {
            return sink.currentSubscriberCount();
        }

        @Override
        public Flux<SharedEvent> events() {
            return Flux.defer(() -> {
                followedFrom.add(written);
                return sink.asFlux();
            });
        }

        @Override
        public void written(DialogEvent event) {
            if (event instanceof DialogEvent.Reset message) {
                written = message.seq();
            }
        }
    }

    private static final class Counted implements DeliveryMeter {

        private int written;
        private int merged;
        private int dropped;

        @Override
        public void written(int events, long sentBytes) {
            written += events;
        }

        @Override
        public void handedOver(Duration after) {
            // Only messages have been handed over.
        }

        @Override
        public void merged() {
            merged++;
        }

        @Override
        public void dropped(int events) {
            dropped += events;
        }
    }

    /** A channel whose event loop runs when it is told to. */
    private static final class Channel implements FrameTarget {

        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private final List<byte[]> bytes = new ArrayList<>();
        private final List<String> written = new ArrayList<>();
        private boolean writable = true;
        private int flushes;
        private int left;
        private long unsent;

        void run() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }

        /** Takes so many frames and no more. */
        void take(Outbox outbox, int frames) {
            run();
            left = frames;
            outbox.write();
            left = 0;
        }

        void open(Outbox outbox) {
            run();
            writable = true;
            outbox.write();
            run();
        }

        @Override
        public boolean isWritable() {
            return writable || left > 0;
        }

        @Override
        public void write(byte[] some) {
            left--;
            bytes.add(some);
            written.add(new String(some, StandardCharsets.UTF_8));
        }

        @Override
        public void flush() {
            flushes++;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public long unsent() {
            return unsent;
        }
    }
}
