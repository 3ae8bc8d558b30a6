package dev.parley.gateway.access;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The AI side of dialogs.
 *
 * @param greeting what a visitor reads before anything was said; may be empty
 * @param systemPrompt what the model is told before every conversation; may be empty
 * @param model which model answers; absent: the gateway's default
 * @param allowedOrigins web origins whose pages may embed it, such as {@code https://shop.example}, or {@code *} for all
 * @param disabled nobody gets in any more; dialogs stay
 */
public record Assistant(long id, String name, String greeting, String systemPrompt, @Nullable String model,
        List<String> allowedOrigins, boolean disabled, Instant createdAt, Instant updatedAt) {

    public Assistant {
        allowedOrigins = List.copyOf(allowedOrigins);
    }
}
