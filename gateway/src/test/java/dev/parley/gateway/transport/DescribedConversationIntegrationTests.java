package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.protocol.DescribedFrames;
import dev.parley.gateway.protocol.DescribedFrames.Side;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** Whether what is said over real sockets is what the AsyncAPI document describes, and nothing else. */
class DescribedConversationIntegrationTests extends Conversations {

    private final DescribedFrames described = new DescribedFrames();
    private final Set<String> seen = new TreeSet<>();

    @Test
    void allThatIsSaidInAConversationIsDescribed() throws Exception {
        Opened visitor = visitor();
        String anna = operatorToken();
        try (TestSocket inbox = TestSocket.open(address(), "/ws", anna);
                TestSocket widget = widget(visitor, "since=0&echo=true");
                TestSocket old = widget(visitor, "since=0&format=wrapped");
                TestSocket console = operator(visitor.dialogId(), anna)) {
            inbox.send("{\"type\":\"subscribe\",\"inbox\":true}");
            inbox.send("{\"type\":\"subscribe\",\"dialog_id\":%d,\"since\":\"0\"}".formatted(visitor.dialogId()));
            inbox.await("hello", hello -> hello.has("dialog_id"));
            console.await("presence");
            widget.await("presence");
            answer(widget);
            takeover(widget, console, visitor, anna);
            people(widget, console);
            mistakes(widget, inbox, visitor);
            inbox.await("dialog_updated", update -> update.at("/dialog/mode").asString().equals("human"));
            old.await("", frame -> frame.has("message"));
            inbox.send("{\"type\":\"unsubscribe\",\"dialog_id\":%d}".formatted(visitor.dialogId()));
            inbox.await("unsubscribed");
            check("operatorSocket", inbox);
            check("visitorDialog", widget);
            check("visitorDialog", old);
            check("operatorDialog", console);
        }
        assertThat(seen).contains("hello", "message", "handoff_started", "human_requested", "answer_started",
                "answer_delta", "answer_finished", "typing_start", "typing_stop", "presence", "receipt", "ack", "error",
                "pong", "unsubscribed", "dialog_updated");
    }

    @Test
    void aDialogOverASharedSocketOfAVisitorIsDescribed() throws Exception {
        Opened visitor = visitor();
        try (TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", visitor.token())) {
            socket.send("{\"type\":\"subscribe\",\"dialog_id\":%d,\"since\":\"0\",\"echo\":true}"
                    .formatted(visitor.dialogId()));
            socket.await("hello");
            socket.send("{\"type\":\"message\",\"dialog_id\":%d,\"client_msg_id\":\"m1\",\"text\":\"/say yes\"}"
                    .formatted(visitor.dialogId()));
            socket.awaitMessage("yes");
            check("visitorSocket", socket);
        }
    }

    private static void answer(TestSocket widget) {
        widget.message("m1", "/say It is on its way and comes tomorrow");
        widget.await("answer_delta");
        widget.await("answer_finished");
    }

    private void takeover(TestSocket widget, TestSocket console, Opened visitor, String anna) throws Exception {
        widget.send("{\"type\":\"request_human\"}");
        console.await("human_requested");
        try (HeldAnswer held = HeldAnswer.next(MODEL, 5)) {
            widget.message("m2", "/long 40");
            widget.await("answer_delta", delta -> delta.path("text").asString().contains("word2"));
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), anna), 200);
            widget.await("handoff_started");
            widget.await("answer_finished", end -> end.path("reason").asString().equals("handoff"));
            held.goOn(5);
        }
        console.message("a1", "Anna here");
        widget.awaitMessage("Anna here");
    }

    private static void people(TestSocket widget, TestSocket console) {
        console.send("{\"type\":\"typing_start\"}");
        widget.await("typing_start");
        console.send("{\"type\":\"typing_stop\"}");
        widget.await("typing_stop");
        widget.send("{\"type\":\"receipt\",\"delivered_seq\":2,\"read_seq\":1}");
        console.await("receipt");
        widget.send("{\"type\":\"ping\"}");
        widget.await("pong");
    }

    private static void mistakes(TestSocket widget, TestSocket inbox, Opened visitor) {
        widget.message("m3", " ");
        widget.await("error", error -> error.path("client_msg_id").asString().equals("m3"));
        widget.send("[]");
        widget.await("error", error -> error.path("code").asString().equals("bad_frame"));
        inbox.send("{\"type\":\"typing_start\",\"dialog_id\":%d}".formatted(visitor.dialogId() + 1_000_000));
        assertThat(inbox.await("error").path("code").asString()).isEqualTo("bad_request");
    }

    private void check(String channel, TestSocket socket) {
        List<JsonNode> frames = socket.frames();
        assertThat(frames).isNotEmpty().allSatisfy(
                frame -> assertThat(described.faults(channel, Side.GATEWAY, frame)).as("%s", frame).isEmpty());
        frames.forEach(frame -> seen.add(TestSocket.type(frame)));
    }
}
