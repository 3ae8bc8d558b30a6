package dev.parley.gateway.rehearsal;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What Ollama tells about itself and its models, with Ollama's names of the fields. */
final class Catalogue {

    private static final int CONTEXT_LENGTH = 131_072;
    private static final Map<String, Object> DETAILS = Map.of("parent_model", "", "format", "gguf", "family",
            "rehearsal", "families", List.of("rehearsal"), "parameter_size", "0", "quantization_level", "none");

    private final Instant started = Instant.now();
    private final Runners runners;

    Catalogue(Runners runners) {
        this.runners = runners;
    }

    static Map<String, Object> version() {
        return Map.of("version", "0.0.0-rehearsal");
    }

    /** {@code /api/tags}. */
    Map<String, Object> models(RehearsalSettings settings) {
        return Map.of("models", settings.models().stream().map(this::model).toList());
    }

    /** {@code /api/ps}. */
    Map<String, Object> running() {
        return Map.of("models", runners.loaded().stream().map(this::running).toList());
    }

    /** {@code /api/show}. */
    Map<String, Object> shown() {
        return Map.of("parameters", "", "template", "{{ .Prompt }}", "details", DETAILS, "model_info",
                Map.of("general.architecture", "rehearsal", "rehearsal.context_length", CONTEXT_LENGTH), "capabilities",
                List.of("completion", "tools", "thinking"), "modified_at", started);
    }

    /** {@code /v1/models}. */
    Map<String, Object> list(RehearsalSettings settings) {
        return Map.of("object", "list", "data", settings.models().stream()
                .map(name -> Map.of("id", RehearsalSettings.tagged(name), "object", "model", "created",
                        started.getEpochSecond(), "owned_by", "library"))
                .toList());
    }

    private Map<String, Object> running(Runner runner) {
        Map<String, Object> model = model(runner.model());
        model.put("size_vram", 0);
        model.put("expires_at", runner.expiresAt());
        model.put("context_length", runner.contextLength());
        return model;
    }

    private Map<String, Object> model(String name) {
        var model = new LinkedHashMap<String, Object>();
        model.put("name", RehearsalSettings.tagged(name));
        model.put("model", RehearsalSettings.tagged(name));
        model.put("modified_at", started);
        model.put("size", 0);
        model.put("digest", "0".repeat(64));
        model.put("details", DETAILS);
        return model;
    }
}
