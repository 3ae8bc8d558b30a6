package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How events are written as server-sent events
 * (<a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, section 9.2</a>). Only messages have an id,
 * the seq: what a browser remembers as its last one is the message to go on after.
 */
final class SseText {

    static final String COMMENT = ": ping\n\n";

    private static final int RETRY_MIN_MS = 1_000;
    private static final int RETRY_MAX_MS = 3_000;

    private SseText() {}

    /** The first event, with the time to come back after, which is each client's own, so that not all come at once. */
    static String begin(String hello, long since, RandomGenerator random) {
        return "retry: " + random.nextInt(RETRY_MIN_MS, RETRY_MAX_MS) + "\nid: " + since + '\n' + text("hello", hello);
    }

    /** The last event; a browser by itself heeds its {@code retry}. */
    static String goodbye(String goodbye, Duration reconnectAfter) {
        return "retry: " + reconnectAfter.toMillis() + '\n' + text("goodbye", goodbye);
    }

    /** @param json of one line */
    static String of(DialogEvent event, String json) {
        return switch (event) {
            case DialogEvent.Logged logged -> "id: " + logged.message().seq() + '\n'
                    + text(logged.message().kind().word(), json);
            case DialogEvent.Reset reset -> "id: " + reset.seq() + '\n' + text("reset", json);
            case DialogEvent.AnswerQueued queued -> text("answer_queued", json);
            case DialogEvent.AnswerStarted started -> text("answer_started", json);
            case DialogEvent.AnswerDelta delta -> text("answer_delta", json);
            case DialogEvent.AnswerFinished finished -> text("answer_finished", json);
            case DialogEvent.Typing typing -> text(typing.active() ? "typing_start" : "typing_stop", json);
            case DialogEvent.Presence presence -> text("presence", json);
            case DialogEvent.Receipt receipt -> text("receipt", json);
        };
    }

    private static String text(String type, String json) {
        return "event: " + type + "\ndata: " + json + "\n\n";
    }
}
