package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.WaitPhase;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Tries;
import org.jspecify.annotations.Nullable;

/** An answer that waits or runs, and where. Guarded by the {@link AnswerQueue}. */
final class WaitingAnswer {

    final AnswerTicket ticket;

    /** When it began to wait, in the queue's nanoseconds. */
    final long since;

    /** Since when its user has waited for this turn, in the queue's nanoseconds; of the user's next one only. */
    long inLineSince;

    /** What it has gone through already. */
    final Tries tries = new Tries();

    /** Changes when the assistant is found to have another one by now. */
    ModelName model;

    /** Changes when it has waited for long. */
    AnswerClass answerClass;

    /** Whether it may start: who asked knows of it. */
    boolean released;

    /** Whether somebody was asked to look after its dialog meanwhile. */
    boolean attended;

    /** Its place in its line, after so many changes of that. */
    int rank;
    long rankedAt = -1;

    /** The place that was last told of; 0: none was. */
    int toldPosition;
    /** When, in the queue's nanoseconds. */
    long toldAt;
    @Nullable
    WaitPhase toldPhase;

    WaitingAnswer(AnswerTicket ticket, long since) {
        this.ticket = ticket;
        this.since = since;
        this.answerClass = ticket.answerClass();
        this.model = ticket.model();
    }

    String requestId() {
        return ticket.requestId();
    }

    String user() {
        return ticket.askedBy();
    }
}
