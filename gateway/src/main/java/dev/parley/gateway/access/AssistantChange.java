package dev.parley.gateway.access;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * New values for an {@link Assistant}, already checked; what is absent stays as it is (in a new one: is empty).
 *
 * @param backend in a new one: Ollama
 * @param model an empty one stands for the default of the backend
 */
public record AssistantChange(@Nullable String name, @Nullable String greeting, @Nullable String systemPrompt,
        Assistant.@Nullable Backend backend, @Nullable String model, @Nullable List<String> allowedOrigins) {

    public AssistantChange {
        allowedOrigins = allowedOrigins == null ? null : List.copyOf(allowedOrigins);
    }

    @Nullable
    String backendText() {
        return backend == null ? null : backend.name().toLowerCase(Locale.ROOT);
    }

    String @Nullable [] origins() {
        return allowedOrigins == null ? null : allowedOrigins.toArray(String[]::new);
    }
}
