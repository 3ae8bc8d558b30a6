package dev.parley.gateway.cluster;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.parley.gateway.cluster.BusMessage.Envelope;
import dev.parley.gateway.cluster.BusMessage.News;
import dev.parley.gateway.cluster.BusMessage.Question;
import dev.parley.gateway.cluster.BusMessage.Reply;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * What nodes say to each other, as bytes: what it is (one byte), who says it (eight), to whom (eight, of a reply only), then
 * events as JSON. It has a mapper of its own, and knows events by short names of its own: nodes of two versions understand
 * each other while a gateway is replaced node by node, save for what is new, which is left out.
 */
final class BusCodec {

    private static final byte NEWS = 'N';
    private static final byte QUESTION = 'Q';
    private static final byte REPLY = 'R';
    private static final int HEADER = 1 + Long.BYTES;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addMixIn(DialogEvent.class, Named.class)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    private static final ObjectWriter EVENTS_OUT = MAPPER.writerFor(new TypeReference<List<DialogEvent>>() {
    });
    private static final ObjectReader EVENTS_IN = MAPPER.readerFor(new TypeReference<List<DialogEvent>>() {
    });
    private static final ObjectReader OF_ANSWER_IN = MAPPER
            .readerFor(new TypeReference<List<DialogEvent.OfAnswer>>() {
            });
    private static final ObjectWriter MESSAGE_OUT = MAPPER.writerFor(Message.class);
    private static final ObjectReader MESSAGE_IN = MAPPER.readerFor(Message.class);

    private final long node;

    /** @param node who says what is written */
    BusCodec(long node) {
        this.node = node;
    }

    /** The names may never change. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "t")
    @JsonSubTypes({
            @JsonSubTypes.Type(value = DialogEvent.Logged.class, name = "logged"),
            @JsonSubTypes.Type(value = DialogEvent.AnswerQueued.class, name = "queued"),
            @JsonSubTypes.Type(value = DialogEvent.AnswerStarted.class, name = "started"),
            @JsonSubTypes.Type(value = DialogEvent.AnswerDelta.class, name = "delta"),
            @JsonSubTypes.Type(value = DialogEvent.AnswerFinished.class, name = "finished"),
            @JsonSubTypes.Type(value = DialogEvent.Typing.class, name = "typing"),
            @JsonSubTypes.Type(value = DialogEvent.Presence.class, name = "presence"),
            @JsonSubTypes.Type(value = DialogEvent.Receipt.class, name = "receipt")})
    private interface Named {}

    byte[] news(List<? extends DialogEvent> events) {
        byte[] json = EVENTS_OUT.writeValueAsBytes(events);
        return ByteBuffer.allocate(HEADER + json.length).put(NEWS).putLong(node).put(json).array();
    }

    byte[] question() {
        return ByteBuffer.allocate(HEADER).put(QUESTION).putLong(node).array();
    }

    byte[] reply(long to, List<DialogEvent.OfAnswer> inFlight) {
        byte[] json = EVENTS_OUT.writeValueAsBytes(inFlight);
        return ByteBuffer.allocate(HEADER + Long.BYTES + json.length).put(REPLY).putLong(node).putLong(to).put(json)
                .array();
    }

    /** Who says this; 0 where it says nothing. */
    static long from(byte[] bytes) {
        return bytes.length < HEADER ? 0 : ByteBuffer.wrap(bytes).getLong(1);
    }

    static Envelope read(byte[] bytes) {
        return new Envelope(from(bytes), message(ByteBuffer.wrap(bytes)));
    }

    private static @Nullable BusMessage message(ByteBuffer bytes) {
        if (bytes.remaining() < HEADER) {
            return null;
        }
        byte kind = bytes.get();
        bytes.getLong();
        try {
            return switch (kind) {
                case NEWS -> new News(EVENTS_IN.readValue(rest(bytes)));
                case QUESTION -> new Question();
                case REPLY -> bytes.remaining() < Long.BYTES
                        ? null
                        : new Reply(bytes.getLong(), OF_ANSWER_IN.readValue(rest(bytes)));
                default -> null;
            };
        } catch (JacksonException unreadable) {
            return null;
        }
    }

    private static byte[] rest(ByteBuffer bytes) {
        byte[] rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return rest;
    }

    static byte[] message(Message message) {
        return MESSAGE_OUT.writeValueAsBytes(message);
    }

    /** Nothing where it cannot be read. */
    static @Nullable Message message(byte[] json) {
        try {
            return MESSAGE_IN.readValue(json);
        } catch (JacksonException unreadable) {
            return null;
        }
    }
}
