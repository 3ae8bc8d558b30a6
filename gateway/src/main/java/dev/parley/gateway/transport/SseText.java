package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How events are written as server-sent events
 * (<a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, section 9.2</a>). Only messages have an id,
 * the seq: what a browser remembers as its last one is the message to go on after.
 */
final class SseText {

    static final byte[] COMMENT = ascii(": ping\n\n");

    private static final int RETRY_MIN_MS = 1_000;
    private static final int RETRY_MAX_MS = 3_000;
    private static final byte[] END = ascii("\n\n");

    private SseText() {}

    /** The first event, with the time to come back after, which is each client's own, so that not all come at once. */
    static byte[] begin(byte[] hello, long since, RandomGenerator random) {
        return text("retry: " + random.nextInt(RETRY_MIN_MS, RETRY_MAX_MS) + "\nid: " + since + '\n', "hello", hello);
    }

    /** The last event; a browser by itself heeds its {@code retry}. */
    static byte[] goodbye(byte[] goodbye, Duration reconnectAfter) {
        return text("retry: " + reconnectAfter.toMillis() + '\n', "goodbye", goodbye);
    }

    /** @param json of one line */
    static byte[] of(DialogEvent event, byte[] json) {
        return switch (event) {
            case DialogEvent.Logged(Message message) ->
                text("id: " + message.seq() + '\n', message.kind().word(), json);
            case DialogEvent.Reset reset -> text("id: " + reset.seq() + '\n', "reset", json);
            case DialogEvent.AnswerQueued queued -> text("", "answer_queued", json);
            case DialogEvent.AnswerStarted started -> text("", "answer_started", json);
            case DialogEvent.AnswerDelta delta -> text("", "answer_delta", json);
            case DialogEvent.AnswerFinished finished -> text("", "answer_finished", json);
            case DialogEvent.Typing typing -> text("", typing.active() ? "typing_start" : "typing_stop", json);
            case DialogEvent.Presence presence -> text("", "presence", json);
            case DialogEvent.Receipt receipt -> text("", "receipt", json);
            case DialogEvent.Updated updated -> text("", "dialog_updated", json);
        };
    }

    private static byte[] text(String before, String type, byte[] json) {
        return Bytes.join(ascii(before + "event: " + type + "\ndata: "), json, END);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
