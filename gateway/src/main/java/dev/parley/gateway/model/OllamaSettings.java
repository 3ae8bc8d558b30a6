package dev.parley.gateway.model;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.validation.annotation.Validated;

/**
 * Where the model is and how it is run. Every request to Ollama carries the same options, for a change of them makes it
 * load the model anew.
 *
 * @param urls the Ollamas, as URLs or as {@code host:port} the way {@code OLLAMA_HOST} has it; empty when nobody has chosen
 * one: see {@link #url()}. For now the first is used
 * @param model the model of assistants that name none
 * @param numCtx tokens of context that the model is loaded with
 * @param keepAlive how long the model stays loaded after an answer, in seconds when a bare number; negative: for ever
 */
@Validated
@ConfigurationProperties("parley.ollama")
public record OllamaSettings(@DefaultValue List<String> urls, @DefaultValue("llama3.2") @NotBlank String model,
        @DefaultValue("4096") @Min(512) @Max(1_048_576) int numCtx,
        @DefaultValue("30m") @DurationUnit(ChronoUnit.SECONDS) Duration keepAlive) {

    /** Where an Ollama is looked for when no URL is set. */
    public static final String DEFAULT_URL = "http://localhost:11434";

    public OllamaSettings {
        urls = urls.stream().map(OllamaUrl::normal).toList();
    }

    /** The Ollama to use, with scheme and port and without a slash at its end. */
    public String url() {
        return isChosen() ? urls.getFirst() : DEFAULT_URL;
    }

    /** Whether somebody has set a URL; then that Ollama is meant and no other will do. */
    public boolean isChosen() {
        return !urls.isEmpty();
    }
}
