package dev.parley.gateway.model;

import java.util.Locale;

/** What a server of models speaks. */
public enum ModelKind {
    OLLAMA("Ollama"), OPENAI("OpenAI's protocol");

    private final String title;

    ModelKind(String title) {
        this.title = title;
    }

    /** For people to read. */
    public String title() {
        return title;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The kind with this word. */
    public static ModelKind of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
