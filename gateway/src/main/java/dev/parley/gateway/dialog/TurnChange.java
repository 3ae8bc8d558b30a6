package dev.parley.gateway.dialog;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.Dialog.Mode;
import dev.parley.gateway.dialog.Dialog.Status;
import org.jspecify.annotations.Nullable;

/** What is to become of a dialog: nothing, or a new state and the system message that says what happened. */
sealed interface TurnChange {

    /** The dialog is as it should be already. */
    record None() implements TurnChange {}

    /**
     * @param endsTurn whether what the assistant began is over
     * @param concerned the person of whom the message speaks; absent: the visitor
     */
    record Transition(Mode mode, Status status, boolean needsHuman, @Nullable Long assigneeId, boolean endsTurn,
            Message.Kind kind, @Nullable Caller concerned, String text) implements TurnChange {}

    static TurnChange none() {
        return new None();
    }

    /** A change that ends the turn, of a dialog that stays as it is but for what is said next. */
    static Draft to(Dialog dialog) {
        return new Draft(dialog, true);
    }

    /** A change that leaves the turn. */
    static Draft within(Dialog dialog) {
        return new Draft(dialog, false);
    }

    /** A transition while it is being described. */
    final class Draft {

        private final boolean endsTurn;
        private Mode mode;
        private Status status;
        private boolean needsHuman;
        private @Nullable Long assigneeId;

        private Draft(Dialog dialog, boolean endsTurn) {
            this.endsTurn = endsTurn;
            this.mode = dialog.mode();
            this.status = dialog.status();
            this.needsHuman = dialog.needsHuman();
            this.assigneeId = dialog.assignee() == null ? null : dialog.assignee().id();
        }

        Draft mode(Mode value) {
            mode = value;
            return this;
        }

        Draft status(Status value) {
            status = value;
            return this;
        }

        Draft needsHuman(boolean value) {
            needsHuman = value;
            return this;
        }

        Draft assignee(@Nullable Long value) {
            assigneeId = value;
            return this;
        }

        /** Something that happened by itself. */
        TurnChange logged(Message.Kind kind, String text) {
            return new Transition(mode, status, needsHuman, assigneeId, endsTurn, kind, null, text);
        }

        TurnChange logged(Message.Kind kind, Caller concerned, String text) {
            return new Transition(mode, status, needsHuman, assigneeId, endsTurn, kind, concerned, text);
        }
    }
}
