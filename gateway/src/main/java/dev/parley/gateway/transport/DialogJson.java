package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.dialog.Dialog;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.presence.Reception;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The forms that dialogs and messages have on the wire (PROTOCOL sections 3 and 4). Absent fields are left out. */
final class DialogJson {

    private DialogJson() {}

    /** Somebody, by id and name. */
    record Person(Object id, @Nullable String name) {}

    record DialogView(long id, String mode, String status, boolean needsHuman, @Nullable Person assignee, long seq,
            @Nullable Person assistant, @Nullable Visitor visitor, Instant createdAt, Instant lastActivityAt,
            @Nullable Integer unread, @Nullable List<Present> presence) {}

    /** Somebody else who is in the dialog, or was. */
    record Present(String sender, String senderId, @Nullable String name, String status, Instant lastSeen) {}

    /** What operators see of the visitor. */
    record Visitor(@Nullable String id, @Nullable Long siteId, @Nullable String name, @Nullable String email,
            @Nullable String pageUrl) {}

    /** @param presence absent where it was not asked for */
    static DialogView dialog(Dialog dialog, Caller caller, int unread, @Nullable List<Present> presence) {
        return dialog(dialog, caller instanceof Caller.Operator, unread, presence);
    }

    /** For all of them alike, so without what each has read. */
    static DialogView forOperators(Dialog dialog) {
        return dialog(dialog, true, null, null);
    }

    private static DialogView dialog(Dialog dialog, boolean byOperator, @Nullable Integer unread,
            @Nullable List<Present> presence) {
        Dialog.Assignee assignee = dialog.assignee();
        return new DialogView(dialog.id(), dialog.mode().word(), dialog.status().word(), dialog.needsHuman(),
                assignee == null ? null : new Person(assignee.id(), assignee.name()), dialog.lastSeq(),
                dialog.assistantId() == null ? null : new Person(dialog.assistantId(), dialog.assistantName()),
                byOperator
                        ? new Visitor(dialog.visitorId(), dialog.siteId(), dialog.visitorName(), dialog.visitorEmail(),
                                dialog.pageUrl())
                        : null,
                dialog.createdAt(), dialog.lastActivityAt(), unread, presence);
    }

    static Present present(DialogEvent.Presence presence) {
        return new Present(presence.sender().word(), presence.senderId(), presence.senderName(),
                presence.status().word(), presence.lastSeen());
    }

    record DialogList(List<DialogView> dialogs, @Nullable String next) {}

    /**
     * A message, as an event and in the history.
     *
     * @param manager of a system message the operator concerned; {@code user} the visitor concerned
     * @param status in the history, of what the reader's own side has said; {@code deliveredAt} and {@code readAt} likewise
     */
    record MessageView(String type, long dialogId, long seq, long id, String sender, String text, Instant timestamp,
            @Nullable String clientMsgId, @Nullable String senderName, @Nullable String senderId,
            @Nullable String requestId,
            @Nullable String state, @Nullable Person manager, @Nullable Person user, @Nullable String status,
            @Nullable Instant deliveredAt, @Nullable Instant readAt) {}

    /** As an event, which is the same for all, so it does not say how the message was received. */
    static MessageView message(Message message) {
        return message(message, null);
    }

    static MessageView message(Message message, Reception.@Nullable Received received) {
        boolean human = message.sender() == Sender.USER || message.sender() == Sender.MANAGER;
        return new MessageView(message.kind().word(), message.dialogId(), message.seq(), message.id(),
                message.sender().word(), message.text(), message.timestamp(), human ? message.clientMsgId() : null,
                message.sender() == Sender.SYSTEM ? null : message.senderName(), human ? message.senderId() : null,
                message.sender() == Sender.ASSISTANT ? message.requestId() : null,
                message.state() == null ? null : message.state().word(),
                isOfManager(message) ? new Person(Long.valueOf(senderId(message)), message.senderName()) : null,
                message.kind() == Message.Kind.HUMAN_REQUESTED
                        ? new Person(senderId(message), message.senderName())
                        : null,
                received == null ? null : received.status().word(), received == null ? null : received.deliveredAt(),
                received == null ? null : received.readAt());
    }

    private static boolean isOfManager(Message message) {
        return switch (message.kind()) {
            case HANDOFF_STARTED, HANDOFF_ENDED, DIALOG_CLOSED, DIALOG_REOPENED -> true;
            case MESSAGE, HUMAN_REQUESTED -> false;
        };
    }

    private static String senderId(Message message) {
        return java.util.Objects.requireNonNull(message.senderId());
    }

    record MessageList(List<MessageView> messages, boolean hasMore) {}

    record AnswerView(String requestId, int position) {}

    record Refusal(String code, @Nullable Long retryAfterMs) {}

    record PostedView(long id, long seq, Instant timestamp, @Nullable AnswerView answer,
            @Nullable Refusal answerRefused) {}

    static PostedView posted(DialogCommands.Posted posted) {
        return new PostedView(posted.message().id(), posted.message().seq(), posted.message().timestamp(),
                answer(posted.answer()), refusal(posted.answerRefused()));
    }

    static @Nullable AnswerView answer(Answers.@Nullable Asked asked) {
        return asked == null ? null : new AnswerView(asked.requestId(), asked.position());
    }

    static @Nullable Refusal refusal(@Nullable ProblemException refusal) {
        return refusal == null ? null : new Refusal(refusal.problem().code(), millis(refusal.retryAfter()));
    }

    static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis();
    }
}
