package dev.parley.gateway.access;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * New values for an {@link Assistant}, already checked; what is absent stays as it is (in a new one: is empty).
 *
 * @param model an empty one stands for the gateway's default
 */
public record AssistantChange(@Nullable String name, @Nullable String greeting, @Nullable String systemPrompt,
        @Nullable String model, @Nullable List<String> allowedOrigins) {

    public AssistantChange {
        allowedOrigins = allowedOrigins == null ? null : List.copyOf(allowedOrigins);
    }

    String @Nullable [] origins() {
        return allowedOrigins == null ? null : allowedOrigins.toArray(String[]::new);
    }
}
