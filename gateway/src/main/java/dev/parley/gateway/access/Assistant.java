package dev.parley.gateway.access;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The AI side of dialogs.
 *
 * @param greeting what a visitor reads before anything was said; may be empty
 * @param systemPrompt what the model is told before every conversation; may be empty
 * @param backend whose models it speaks with
 * @param model which of those models answers; absent: the default of the backend
 * @param allowedOrigins web origins whose pages may embed it, such as {@code https://shop.example}, or {@code *} for all
 * @param disabled nobody gets in any more; dialogs stay
 */
public record Assistant(long id, String name, String greeting, String systemPrompt, Backend backend,
        @Nullable String model, List<String> allowedOrigins, boolean disabled, Instant createdAt, Instant updatedAt) {

    public Assistant {
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    /** The servers of models that there may be. That there is one is not said here. */
    public enum Backend {
        /** An Ollama, or the rehearsal model in its place. */
        OLLAMA,
        /** A server that speaks OpenAI's protocol. */
        OPENAI
    }
}
