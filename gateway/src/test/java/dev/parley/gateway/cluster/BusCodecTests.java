package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.cluster.BusMessage.News;
import dev.parley.gateway.cluster.BusMessage.Question;
import dev.parley.gateway.cluster.BusMessage.Reply;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.PresenceStatus;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.dialog.WaitPhase;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BusCodecTests {

    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
    private static final Message MESSAGE = new Message(7, 3, 99, Message.Kind.MESSAGE, Sender.USER, "v", null, "m1",
            "¿Qué? \"日本\" 🙂\n", null, "r", 2, NOW);

    private final BusCodec codec = new BusCodec(42);

    @Test
    void everythingThatIsToldInARoomComesOutAsItWentIn() {
        List<DialogEvent> events = List.of(new DialogEvent.Logged(MESSAGE),
                new DialogEvent.Logged(new Message(7, 4, 100, Message.Kind.HANDOFF_STARTED, Sender.SYSTEM, null, "Anna",
                        null, "", Message.State.CANCELLED, null, 3, NOW)),
                new DialogEvent.AnswerQueued(7, "r", 2, 3, 4, Duration.ofMillis(1500), WaitPhase.LOADING),
                new DialogEvent.AnswerQueued(7, "r", 2, 3, 4, null, null),
                new DialogEvent.AnswerStarted(7, "r", 2, 3), new DialogEvent.AnswerDelta(7, "r", 2, 12, " wörd"),
                new DialogEvent.AnswerFinished(7, "r", 2, AnswerEnd.DONE, 5L, 2, true),
                new DialogEvent.AnswerFinished(7, "r", 2, AnswerEnd.FAILED, null),
                new DialogEvent.Typing(7, Sender.ASSISTANT, "1", "Anna", true),
                new DialogEvent.Presence(7, Sender.USER, "v", null, PresenceStatus.ONLINE, NOW),
                new DialogEvent.Receipt(7, Sender.USER, "v", 3, 2, NOW));

        BusMessage.Envelope envelope = BusCodec.read(codec.news(events));
        assertThat(envelope.from()).isEqualTo(42);
        assertThat(envelope.message()).isEqualTo(new News(events));
    }

    @Test
    void questionsAndRepliesSayFromWhomAndToWhom() {
        assertThat(BusCodec.read(codec.question())).isEqualTo(new BusMessage.Envelope(42, new Question()));
        List<DialogEvent.OfAnswer> inFlight = List.of(new DialogEvent.AnswerStarted(7, "r", 2, 3));
        assertThat(BusCodec.read(codec.reply(5, inFlight)))
                .isEqualTo(new BusMessage.Envelope(42, new Reply(5, inFlight)));
    }

    @Test
    void messagesAreKeptAsTheyAre() {
        assertThat(BusCodec.message(BusCodec.message(MESSAGE))).isEqualTo(MESSAGE);
        assertThat(BusCodec.message("{".getBytes(StandardCharsets.UTF_8))).isNull();
    }

    @Test
    void whatANewerNodeAddsToAnEventIsLeftOut() {
        byte[] json = "[{\"t\":\"started\",\"dialogId\":7,\"requestId\":\"r\",\"turn\":2,\"inReplyTo\":3,\"mood\":\"good\"}]"
                .getBytes(StandardCharsets.UTF_8);
        byte[] bytes = ByteBuffer.allocate(9 + json.length).put((byte) 'N').putLong(5).put(json).array();
        assertThat(BusCodec.read(bytes).message())
                .isEqualTo(new News(List.of(new DialogEvent.AnswerStarted(7, "r", 2, 3))));
    }

    @Test
    void whatCannotBeReadIsNothingAndHarmsNobody() {
        assertThat(BusCodec.read(new byte[0]).message()).isNull();
        assertThat(BusCodec.read(new byte[]{'N'}).message()).isNull();
        assertThat(BusCodec.read(new byte[9]).message()).isNull();
        assertThat(BusCodec.read(ByteBuffer.allocate(11).put((byte) 'N').putLong(1).put("[{".getBytes(
                StandardCharsets.UTF_8)).array()).message()).isNull();
        assertThat(BusCodec.read(ByteBuffer.allocate(9).put((byte) 'R').putLong(1).array()).message()).isNull();
        assertThat(BusCodec.from(new byte[3])).isZero();
    }
}
