package dev.parley.gateway.dialog;

/**
 * The assistant's side, as the log sees it: who is told of the messages that want an answer. Calls for one dialog come in the
 * order of its log, and must not wait.
 */
public interface AnswerDesk {

    /** The message is committed, and nobody knows yet: gives its answer a place, so that the sender can be told of it. */
    void reserve(Message question, String askedBy);

    /** The sender and the followers know of the message: the answer may show itself. */
    void release(Message question);
}
