package dev.parley.gateway.answer;

/** An answer that waits, and where. Guarded by the {@link AnswerQueue}. */
final class WaitingAnswer {

    final AnswerTicket ticket;

    /** When it began to wait, in the queue's nanoseconds. */
    final long since;

    /** Changes when it has waited for long. */
    AnswerClass answerClass;

    /** Whether it may start: who asked knows of it. */
    boolean released;

    /** Its place in its line, after so many changes of that. */
    int rank;
    long rankedAt = -1;

    /** The place that was last told of; 0: none was. */
    int toldPosition;

    WaitingAnswer(AnswerTicket ticket, long since) {
        this.ticket = ticket;
        this.since = since;
        this.answerClass = ticket.answerClass();
    }

    String requestId() {
        return ticket.requestId();
    }

    String user() {
        return ticket.askedBy();
    }
}
