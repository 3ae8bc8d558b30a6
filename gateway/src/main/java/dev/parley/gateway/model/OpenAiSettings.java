package dev.parley.gateway.model;

import java.util.List;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * A server that speaks OpenAI's protocol. There is none unless its URL is set: a key alone, which many have in their
 * environment for other programs, is not meant for us.
 *
 * @param urls where it is, as {@code https://host/v1} or without the {@code /v1}, which they are kept without; with a
 * scheme, so that no key goes over the network in the clear by mistake. Empty: nowhere
 * @param model the model of assistants that name none; needed where there is a URL
 * @param contextTokens how much a conversation may hold, with its answer
 * @param apiKey sent with every request; empty where the server wants none
 */
@Validated
@ConfigurationProperties("parley.openai")
public record OpenAiSettings(@DefaultValue List<String> urls, @DefaultValue("") String model,
        @DefaultValue("8192") @Min(512) @Max(4_194_304) int contextTokens, @DefaultValue("") String apiKey) {

    public OpenAiSettings {
        urls = urls.stream().map(OpenAiSettings::normal).toList();
        model = model.strip();
        apiKey = apiKey.strip();
        if (!urls.isEmpty() && model.isEmpty()) {
            throw new IllegalArgumentException(
                    "parley.openai.model: is empty (expected: the name of a model, since parley.openai.urls is set)");
        }
        // Else every request would fail, with a text of the HTTP client's that may hold it.
        if (!urls.isEmpty() && !apiKey.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "parley.openai.api-key: holds what a key cannot (expected: letters, digits and signs of ASCII)");
        }
    }

    /** Whether there is such a server. */
    public boolean isChosen() {
        return !urls.isEmpty();
    }

    /** Without the key, for it would get into logs. */
    @Override
    public String toString() {
        return "OpenAiSettings[urls=%s, model=%s]".formatted(urls, model);
    }

    private static String normal(String given) {
        return ModelUrl.parse(given.strip(), given, "parley.openai.urls",
                "https://host/v1 or http://host:port/v1, without a user name")
                .toString()
                .replaceFirst("/+v1$", "");
    }
}
