package dev.parley.gateway.dialog;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * The assistant's side, as the dialog sees it: who is told of the messages that want an answer, and who has to be silent when
 * a human speaks. No call waits.
 */
public interface AnswerDesk {

    /**
     * The message is committed, and nobody knows yet: gives its answer a place, so that the sender can be told of it. Calls
     * for one dialog come in the order of its log.
     */
    void reserve(Message question, String askedBy);

    /** The sender and the followers know of the message: the answer may show itself. */
    void release(Message question);

    /**
     * Makes the dialog's answers hold their breath: from now on they show nothing, until the hold is ended in one of its two
     * ways. Answers that would begin meanwhile begin in silence.
     */
    Hold hold(long dialogId);

    /** The dialog's turn has ended on another node: answers from before it stop, and nothing more is heard of them. */
    void turnEnded(long dialogId, long newTurn);

    /** The answers of a dialog while they hold their breath. */
    interface Hold {

        /** What each of the running answers has said so far; those that said nothing are left out. */
        List<PartialAnswer> texts();

        /** The dialog's turn has ended, and its answers with it: they stop, and nothing more is heard of them. */
        void end(long newTurn);

        /** Nothing came of it: the answers go on. */
        void resume();
    }

    /** How an answer of this dialog has ended; empty where it has not, or is unknown. */
    Mono<DialogEvent.AnswerFinished> end(long dialogId, String requestId);

    /** An answer as far as it has come. */
    record PartialAnswer(String requestId, String text) {}
}
