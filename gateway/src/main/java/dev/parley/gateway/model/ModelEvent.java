package dev.parley.gateway.model;

/** What a model's stream says: pieces of text, then one end. */
public sealed interface ModelEvent {

    /** The next piece of the answer, never empty. */
    record Text(String text) implements ModelEvent {}

    /**
     * The answer is complete.
     *
     * @param reason {@code stop}, {@code length} or what else the model says
     * @param promptTokens tokens read, 0 where the model does not say
     * @param answerTokens tokens written, 0 where the model does not say
     */
    record Done(String reason, int promptTokens, int answerTokens) implements ModelEvent {}
}
