package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.SharedEvent;
import java.nio.charset.StandardCharsets;
import org.springframework.stereotype.Component;

/** The forms in which events leave this node, each made once of an event. */
@Component
final class EventForms {

    /** A JSON object, as polls hold it. */
    final SharedEvent.Form json;
    /** The same, with messages in the form that old clients read. */
    final SharedEvent.Form wrappedJson;
    /** A whole frame of a WebSocket. */
    final SharedEvent.Form frame;
    /** The same of {@link #wrappedJson}. */
    final SharedEvent.Form wrappedFrame;
    /** An event of a stream of server-sent events. */
    final SharedEvent.Form sse;

    private static final byte[] BEFORE_MESSAGE = "{\"message\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER_MESSAGE = {'}'};

    EventForms(EventJson events) {
        json = shared -> events.write(shared.event());
        wrappedJson = shared -> isMessage(shared.event()) ? wrapped(shared.in(json)) : shared.in(json);
        frame = shared -> WebSocketText.frame(shared.in(json));
        wrappedFrame = shared -> isMessage(shared.event())
                ? WebSocketText.frame(wrapped(shared.in(json)))
                : shared.in(frame);
        sse = shared -> SseText.of(shared.event(), shared.in(json));
    }

    private static boolean isMessage(DialogEvent event) {
        return event instanceof DialogEvent.Logged(Message message) && message.kind() == Message.Kind.MESSAGE;
    }

    private static byte[] wrapped(byte[] message) {
        return Bytes.join(BEFORE_MESSAGE, message, AFTER_MESSAGE);
    }
}
