package dev.parley.gateway.rehearsal;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.http.server.HttpServerRoutes;

/** What Ollama tells about itself and its models, with Ollama's names of the fields. */
final class RehearsalCatalogue {

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final int CONTEXT_LENGTH = 131_072;
    private static final Map<String, Object> DETAILS = Map.of("parent_model", "", "format", "gguf", "family",
            "rehearsal",
            "families", List.of("rehearsal"), "parameter_size", "0", "quantization_level", "none");

    private final String name;
    private final RehearsalRunner runner;
    private final Instant started = Instant.now();

    RehearsalCatalogue(String model, RehearsalRunner runner) {
        this.name = tagged(model);
        this.runner = runner;
    }

    HttpServerRoutes addTo(HttpServerRoutes routes) {
        return routes.get("/", (request, response) -> text(response, 200, "Ollama is running"))
                .get("/api/version", (request, response) -> json(response, Map.of("version", "0.0.0-rehearsal")))
                .get("/api/tags", (request, response) -> json(response, Map.of("models", List.of(model(name)))))
                .get("/api/ps", (request, response) -> json(response, Map.of("models", running())))
                // It answers under every name, so it shows the same for every name.
                .post("/api/show", (request, response) -> request.receive().then(json(response, shown())))
                .route(request -> true, (request, response) -> text(response, 404, "404 page not found"));
    }

    private List<Map<String, Object>> running() {
        var loaded = runner.loaded();
        if (loaded == null) {
            return List.of();
        }
        var model = model(tagged(loaded.model()));
        model.put("size_vram", 0);
        model.put("expires_at", loaded.expiresAt());
        model.put("context_length", loaded.numCtx());
        return List.of(model);
    }

    private Map<String, Object> model(String name) {
        var model = new LinkedHashMap<String, Object>();
        model.put("name", name);
        model.put("model", name);
        model.put("modified_at", started);
        model.put("size", 0);
        model.put("digest", "0".repeat(64));
        model.put("details", DETAILS);
        return model;
    }

    private Map<String, Object> shown() {
        return Map.of("parameters", "", "template", "{{ .Prompt }}", "details", DETAILS, "model_info",
                Map.of("general.architecture", "rehearsal", "rehearsal.context_length", CONTEXT_LENGTH), "capabilities",
                List.of("completion"), "modified_at", started);
    }

    private static Mono<Void> json(HttpServerResponse response, Object value) {
        return RehearsalResponse.send(response, 200, RehearsalResponse.JSON, OllamaFormat.object(value));
    }

    private static Mono<Void> text(HttpServerResponse response, int status, String text) {
        return RehearsalResponse.send(response, status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String tagged(String model) {
        return model.contains(":") ? model : model + ":latest";
    }
}
