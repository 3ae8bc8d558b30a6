package dev.parley.gateway.model;

import java.util.List;

/** What the model is asked: the conversation so far, oldest first, ending with what is to be answered. */
public record ModelRequest(String model, List<Turn> turns) {

    /** Ends a model that would talk for ever; left to itself, Ollama stops it only at ten times the context. */
    static final int MAX_ANSWER_TOKENS = 2048;

    public ModelRequest {
        turns = List.copyOf(turns);
    }

    /** One utterance of the conversation. */
    public record Turn(Role role, String text) {}

    /** Who speaks, in the model's terms. */
    public enum Role {
        SYSTEM, USER, ASSISTANT
    }
}
