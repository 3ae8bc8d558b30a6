package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.transport.DialogJson.AnswerView;
import dev.parley.gateway.transport.DialogJson.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Writes events as clients read them (PROTOCOL section 4). */
@Component
final class EventJson {

    private final JsonMapper json;

    EventJson(JsonMapper json) {
        this.json = json;
    }

    /** How message events are written. */
    enum Format {
        /** As the event itself. */
        DIRECT,
        /** As {@code {"message": event}}, for old clients; other events are as ever. */
        WRAPPED
    }

    String write(DialogEvent event, Format format) {
        return switch (event) {
            case DialogEvent.Logged(Message message) -> {
                DialogJson.MessageView view = DialogJson.message(message);
                yield format == Format.WRAPPED && message.kind() == Message.Kind.MESSAGE
                        ? json.writeValueAsString(Map.of("message", view))
                        : json.writeValueAsString(view);
            }
            case DialogEvent.AnswerQueued e -> json.writeValueAsString(
                    new Queued("answer_queued", e.dialogId(), e.requestId(), e.position(), e.inReplyTo()));
            case DialogEvent.AnswerStarted e -> json.writeValueAsString(
                    new Started("answer_started", e.dialogId(), e.requestId(), e.inReplyTo()));
            case DialogEvent.AnswerDelta e -> json.writeValueAsString(
                    new Delta("answer_delta", e.dialogId(), e.requestId(), e.offset(), e.text()));
            case DialogEvent.AnswerFinished e -> json.writeValueAsString(new Finished("answer_finished", e.dialogId(),
                    e.requestId(), word(e.reason()), e.seq(), e.droppedTurns() == 0 ? null : e.droppedTurns()));
            case DialogEvent.Typing e -> json.writeValueAsString(new Typing(e.active() ? "typing_start" : "typing_stop",
                    e.dialogId(), e.sender().word(), e.senderId(), e.senderName()));
            case DialogEvent.Presence e -> json.writeValueAsString(new Presence("presence", e.dialogId(),
                    e.sender().word(), e.senderId(), e.senderName(), e.status().word(), e.lastSeen()));
            case DialogEvent.Receipt e -> json.writeValueAsString(new Receipt("receipt", e.dialogId(),
                    e.sender().word(), e.senderId(), e.deliveredSeq(), e.readSeq(), e.at()));
            case DialogEvent.Reset e -> json.writeValueAsString(new Reset("reset", e.dialogId(), e.seq()));
        };
    }

    private static String word(AnswerEnd reason) {
        return reason.word();
    }

    private record Queued(String type, long dialogId, String requestId, int position, long inReplyTo) {}

    private record Started(String type, long dialogId, String requestId, long inReplyTo) {}

    private record Delta(String type, long dialogId, String requestId, int offset, String text) {}

    private record Finished(String type, long dialogId, String requestId, String reason, @Nullable Long seq,
            @Nullable Integer droppedTurns) {}

    private record Typing(String type, long dialogId, String sender, String senderId, @Nullable String senderName) {}

    private record Presence(String type, long dialogId, String sender, String senderId, @Nullable String senderName,
            String status, Instant lastSeen) {}

    private record Receipt(String type, long dialogId, String sender, String reader, long deliveredSeq, long readSeq,
            Instant at) {}

    private record Reset(String type, long dialogId, long seq) {}

    private record Hello(String type, long dialogId, String connectionId, long seq, String audience, long heartbeatMs,
            String mode, String status) {}

    String hello(Dialog dialog, String connectionId, String audience, Duration heartbeat) {
        return json.writeValueAsString(new Hello("hello", dialog.id(), connectionId, dialog.lastSeq(), audience,
                heartbeat.toMillis(), dialog.mode().word(), dialog.status().word()));
    }

    private record Ack(String type, long dialogId, @Nullable String clientMsgId, long id, long seq, Instant timestamp,
            @Nullable AnswerView answer, @Nullable Refusal answerRefused) {}

    String ack(DialogCommands.Posted posted) {
        Message message = posted.message();
        return json.writeValueAsString(new Ack("ack", message.dialogId(), message.clientMsgId(), message.id(),
                message.seq(),
                message.timestamp(), DialogJson.answer(posted.answer()), DialogJson.refusal(posted.answerRefused())));
    }

    private record Failure(String type, long dialogId, String code, String title, @Nullable String detail,
            @Nullable String clientMsgId, @Nullable Long retryAfterMs) {}

    String error(long dialogId, ProblemException problem, @Nullable String clientMsgId) {
        Duration retryAfter = problem.retryAfter();
        return json
                .writeValueAsString(new Failure("error", dialogId, problem.problem().code(), problem.problem().title(),
                        problem.detail(), clientMsgId, retryAfter == null ? null : retryAfter.toMillis()));
    }

    private record Goodbye(String type, long dialogId, long reconnectAfterMs) {}

    String goodbye(long dialogId, Duration reconnectAfter) {
        return json.writeValueAsString(new Goodbye("goodbye", dialogId, reconnectAfter.toMillis()));
    }

    private record Beat(String type, long dialogId) {}

    String ping(long dialogId) {
        return json.writeValueAsString(new Beat("ping", dialogId));
    }

    String pong(long dialogId) {
        return json.writeValueAsString(new Beat("pong", dialogId));
    }
}
