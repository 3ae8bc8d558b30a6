package dev.parley.gateway.dialog;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.dialog.Dialog.Mode;
import dev.parley.gateway.dialog.Dialog.Status;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.util.function.Function;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Who speaks in a dialog: the assistant or a human, and for how long (DESIGN, idea 4).
 *
 * <p>Every change is one transaction that ends the turn, keeps what the assistant said so far, and writes what happened into
 * the log. While it runs the dialog's answers show nothing; afterwards they are cut off, or go on where nothing came of it. So
 * what followers saw of an answer is never more than what the log keeps of it, and nothing follows the change. Each method
 * returns the dialog as it is afterwards, and changes nothing where it is so already.
 */
@Component
public final class Handoffs {

    private final TurnTransaction transaction;
    private final TurnInquiry inquiry;
    private final ObjectProvider<AnswerDesk> desk;
    private final Rooms rooms;

    Handoffs(TurnTransaction transaction, TurnInquiry inquiry, ObjectProvider<AnswerDesk> desk, Rooms rooms) {
        this.transaction = transaction;
        this.inquiry = inquiry;
        this.desk = desk;
        this.rooms = rooms;
    }

    /** A human takes the dialog over from the assistant. Someone else's is a {@link Problem#CONFLICT}. */
    public Mono<Dialog> takeOver(long dialogId, Caller.Operator operator) {
        return change(dialogId, dialog -> {
            mustBeOpen(dialog);
            if (dialog.mode() == Mode.HUMAN) {
                mustBeAssignedTo(operator, dialog);
                return TurnChange.none();
            }
            return TurnChange.to(dialog)
                    .mode(Mode.HUMAN)
                    .assignee(operator.userId())
                    .needsHuman(false)
                    .logged(Message.Kind.HANDOFF_STARTED, operator,
                            "%s has joined the conversation".formatted(operator.name()));
        });
    }

    /** The human who has the dialog, or an administrator, gives it back to the assistant. */
    public Mono<Dialog> giveBack(long dialogId, Caller.Operator operator) {
        return change(dialogId, dialog -> {
            mustBeOpen(dialog);
            if (dialog.mode() == Mode.AI) {
                return TurnChange.none();
            }
            if (!operator.is(Caller.Role.ADMIN)) {
                mustBeAssignedTo(operator, dialog);
            }
            return TurnChange.to(dialog)
                    .mode(Mode.AI)
                    .assignee(null)
                    .needsHuman(false)
                    .logged(Message.Kind.HANDOFF_ENDED, operator,
                            "%s has left the conversation to the assistant".formatted(operator.name()));
        });
    }

    /** The visitor asks for a human. The assistant goes on until one comes. */
    public Mono<Dialog> requestHuman(long dialogId, Caller visitor) {
        return change(dialogId, dialog -> {
            mustBeOpen(dialog);
            if (dialog.needsHuman() || dialog.mode() == Mode.HUMAN) {
                return TurnChange.none();
            }
            return TurnChange.within(dialog)
                    .needsHuman(true)
                    .logged(Message.Kind.HUMAN_REQUESTED, visitor, "A human was asked for");
        });
    }

    /** The assistant cannot answer: somebody has to. It goes on as soon as it can, unless a human comes first. */
    public Mono<Dialog> needHuman(long dialogId) {
        return change(dialogId, dialog -> dialog.needsHuman() || dialog.mode() == Mode.HUMAN
                || dialog.status() == Status.CLOSED
                        ? TurnChange.none()
                        : TurnChange.within(dialog)
                                .needsHuman(true)
                                .logged(Message.Kind.HUMAN_REQUESTED,
                                        "The assistant cannot answer at the moment; a human was asked for"));
    }

    public Mono<Dialog> close(long dialogId, Caller.Operator operator) {
        return change(dialogId, dialog -> dialog.status() == Status.CLOSED
                ? TurnChange.none()
                : TurnChange.to(dialog)
                        .status(Status.CLOSED)
                        .needsHuman(false)
                        .logged(Message.Kind.DIALOG_CLOSED, operator,
                                "%s has closed the conversation".formatted(operator.name())));
    }

    public Mono<Dialog> reopen(long dialogId, Caller.Operator operator) {
        return change(dialogId, dialog -> dialog.status() == Status.OPEN
                ? TurnChange.none()
                : TurnChange.to(dialog)
                        .status(Status.OPEN)
                        .logged(Message.Kind.DIALOG_REOPENED, operator,
                                "%s has reopened the conversation".formatted(operator.name())));
    }

    private static void mustBeOpen(Dialog dialog) {
        if (dialog.status() == Status.CLOSED) {
            throw Problem.CONFLICT.with("The dialog is closed");
        }
    }

    private static void mustBeAssignedTo(Caller.Operator operator, Dialog dialog) {
        if (dialog.assignee() != null && dialog.assignee().id() != operator.userId()) {
            throw Problem.CONFLICT.with("%s has taken the dialog over".formatted(dialog.assignee().name()));
        }
    }

    /** Runs to its end whoever watches: a takeover that was committed must silence the assistant. */
    private Mono<Dialog> change(long dialogId, Function<Dialog, TurnChange> decision) {
        return Mono.defer(() -> {
            AnswerDesk.Hold hold = desk.getObject().hold(dialogId);
            return transaction.execute(dialogId, decision, hold.texts())
                    .doOnSuccess(outcome -> conclude(hold, outcome))
                    .doOnError(ProblemException.class, refused -> hold.resume())
                    .doOnError(error -> !(error instanceof ProblemException), unsure -> inquiry.begin(dialogId, hold));
        })
                .map(TurnTransaction.Outcome::dialog)
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    private void conclude(AnswerDesk.Hold hold, TurnTransaction.Outcome outcome) {
        rooms.publish(outcome.dialog().id(), outcome.events());
        if (outcome.turnEnded()) {
            hold.end(outcome.dialog().turn());
        } else {
            hold.resume();
        }
    }
}
