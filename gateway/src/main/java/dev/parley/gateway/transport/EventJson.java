package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.transport.DialogJson.AnswerView;
import dev.parley.gateway.transport.DialogJson.Refusal;
import java.time.Duration;
import java.time.Instant;
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

    byte[] write(DialogEvent event) {
        return json.writeValueAsBytes(switch (event) {
            case DialogEvent.Logged(Message message) -> DialogJson.message(message);
            case DialogEvent.AnswerQueued e ->
                new Queued("answer_queued", e.dialogId(), e.requestId(), e.position(), e.inReplyTo(),
                        DialogJson.millis(e.startsIn()), e.phase() == null ? null : e.phase().word());
            case DialogEvent.AnswerStarted e ->
                new Started("answer_started", e.dialogId(), e.requestId(), e.inReplyTo());
            case DialogEvent.AnswerDelta e ->
                new Delta("answer_delta", e.dialogId(), e.requestId(), e.offset(), e.text());
            case DialogEvent.AnswerFinished e -> new Finished("answer_finished", e.dialogId(), e.requestId(),
                    e.reason().word(), e.seq(), e.droppedTurns() == 0 ? null : e.droppedTurns(),
                    e.cached() ? true : null);
            case DialogEvent.Typing e -> new Typing(e.active() ? "typing_start" : "typing_stop", e.dialogId(),
                    e.sender().word(), e.senderId(), e.senderName());
            case DialogEvent.Presence e -> new Presence("presence", e.dialogId(), e.sender().word(), e.senderId(),
                    e.senderName(), e.status().word(), e.lastSeen());
            case DialogEvent.Receipt e -> new Receipt("receipt", e.dialogId(), e.sender().word(), e.senderId(),
                    e.deliveredSeq(), e.readSeq(), e.at());
            case DialogEvent.Reset e -> new Reset("reset", e.dialogId(), e.seq());
            case DialogEvent.Updated e ->
                new Updated("dialog_updated", e.dialogId(), DialogJson.forOperators(e.dialog()));
        });
    }

    private record Queued(String type, long dialogId, String requestId, int position, long inReplyTo,
            @Nullable Long startsInMs, @Nullable String phase) {}

    private record Started(String type, long dialogId, String requestId, long inReplyTo) {}

    private record Delta(String type, long dialogId, String requestId, int offset, String text) {}

    private record Finished(String type, long dialogId, String requestId, String reason, @Nullable Long seq,
            @Nullable Integer droppedTurns, @Nullable Boolean cached) {}

    private record Typing(String type, long dialogId, String sender, String senderId, @Nullable String senderName) {}

    private record Presence(String type, long dialogId, String sender, String senderId, @Nullable String senderName,
            String status, Instant lastSeen) {}

    private record Receipt(String type, long dialogId, String sender, String reader, long deliveredSeq, long readSeq,
            Instant at) {}

    private record Reset(String type, long dialogId, long seq) {}

    private record Updated(String type, long dialogId, DialogJson.DialogView dialog) {}

    private record Hello(String type, long dialogId, String connectionId, long seq, String audience, long heartbeatMs,
            String mode, String status) {}

    byte[] hello(Dialog dialog, String connectionId, Audience audience, Duration heartbeat) {
        return json.writeValueAsBytes(new Hello("hello", dialog.id(), connectionId, dialog.lastSeq(), audience.word(),
                heartbeat.toMillis(), dialog.mode().word(), dialog.status().word()));
    }

    private record Ack(String type, long dialogId, @Nullable String clientMsgId, long id, long seq, Instant timestamp,
            @Nullable AnswerView answer, @Nullable Refusal answerRefused) {}

    byte[] ack(DialogCommands.Posted posted) {
        Message message = posted.message();
        return json.writeValueAsBytes(new Ack("ack", message.dialogId(), message.clientMsgId(), message.id(),
                message.seq(),
                message.timestamp(), DialogJson.answer(posted.answer()), DialogJson.refusal(posted.answerRefused())));
    }

    private record Failure(String type, @Nullable Long dialogId, String code, String title, @Nullable String detail,
            @Nullable String clientMsgId, @Nullable Long retryAfterMs) {}

    byte[] error(@Nullable Long dialogId, ProblemException problem, @Nullable String clientMsgId) {
        Duration retryAfter = problem.retryAfter();
        return json
                .writeValueAsBytes(new Failure("error", dialogId, problem.problem().code(), problem.problem().title(),
                        problem.detail(), clientMsgId, retryAfter == null ? null : retryAfter.toMillis()));
    }

    private record Goodbye(String type, @Nullable Long dialogId, long reconnectAfterMs) {}

    byte[] goodbye(@Nullable Long dialogId, Duration reconnectAfter) {
        return json.writeValueAsBytes(new Goodbye("goodbye", dialogId, reconnectAfter.toMillis()));
    }

    private record Sign(String type, @Nullable Long dialogId) {}

    byte[] ping(@Nullable Long dialogId) {
        return json.writeValueAsBytes(new Sign("ping", dialogId));
    }

    byte[] pong(@Nullable Long dialogId) {
        return json.writeValueAsBytes(new Sign("pong", dialogId));
    }

    byte[] unsubscribed(@Nullable Long dialogId) {
        return json.writeValueAsBytes(new Sign("unsubscribed", dialogId));
    }

    private record InboxHello(String type, boolean inbox, String connectionId, String audience, long heartbeatMs) {}

    byte[] inboxHello(String connectionId, Audience audience, Duration heartbeat) {
        return json
                .writeValueAsBytes(new InboxHello("hello", true, connectionId, audience.word(), heartbeat.toMillis()));
    }
}
