package dev.parley.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import org.springframework.test.web.reactive.server.WebTestClient;

class AssistantsIntegrationTests extends RunningGateway {

    private String admin = "";

    @BeforeEach
    void logIn() {
        admin = admin();
    }

    @Test
    void anAssistantCanBeCreatedReadChangedDisabledAndEnabled() {
        Map<String, Object> created = create(Map.of("name", "Bo", "greeting", "Hi\nthere", "system_prompt", "Be brief.",
                "model", "llama3.2", "allowed_origins", List.of("HTTPS://Shop.example:443", "https://shop.example")),
                201);
        String path = "/api/assistants/" + id(created);

        assertThat(created)
                .containsOnlyKeys("id", "name", "greeting", "system_prompt", "backend", "model", "allowed_origins",
                        "disabled",
                        "created_at", "updated_at")
                .containsEntry("greeting", "Hi\nthere")
                .containsEntry("allowed_origins", List.of("https://shop.example"));
        assertThat(json(request(HttpMethod.GET, path, admin), 200)).isEqualTo(created);
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("name", "Bea")), 200))
                .containsEntry("name", "Bea")
                .containsEntry("model", "llama3.2")
                .containsEntry("system_prompt", "Be brief.");
        assertThat(json(request(HttpMethod.DELETE, path, admin), 200)).containsEntry("disabled", true);
        assertThat(json(request(HttpMethod.POST, path + "/enable", admin), 200)).containsEntry("disabled", false);
    }

    @Test
    void aNewAssistantAllowsNoOriginAndHasTheDefaultModelOfOllama() {
        assertThat(create(Map.of("name", "Bo"), 201)).doesNotContainKey("model")
                .containsEntry("greeting", "")
                .containsEntry("backend", "ollama")
                .containsEntry("allowed_origins", List.of());
    }

    @Test
    void anEmptyModelGoesBackToTheDefault() {
        Map<String, Object> created = create(Map.of("name", "Bo", "model", "mistral"), 201);

        assertThat(
                json(request(HttpMethod.PATCH, "/api/assistants/" + id(created), admin).bodyValue(Map.of("model", "")),
                        200))
                .doesNotContainKey("model");
    }

    @Test
    void anAssistantChoosesItsBackendAndKeepsItUntilItChoosesAnother() {
        Map<String, Object> created = create(Map.of("name", "Bo", "backend", "openai", "model", "gpt"), 201);
        String path = "/api/assistants/" + id(created);

        assertThat(created).containsEntry("backend", "openai");
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("name", "Bea")), 200))
                .containsEntry("backend", "openai");
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("backend", "ollama")), 200))
                .containsEntry("backend", "ollama")
                .containsEntry("model", "gpt");
        assertThat(json(request(HttpMethod.GET, path, admin), 200)).containsEntry("backend", "ollama");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"vllm\"", "\"OPENAI\"", "\"\"", "0", "true", "[]"})
    void aBackendThatThereIsNotIsNamed(String backend) {
        String path = "/api/assistants/" + id(create(Map.of("name", "Bo"), 201));
        String body = "{\"name\":\"A\",\"backend\":%s}".formatted(backend);

        for (WebTestClient.RequestBodySpec wrong : List.of(request(HttpMethod.POST, "/api/assistants", admin),
                request(HttpMethod.PATCH, path, admin))) {
            assertThat(json(wrong.header("Content-Type", "application/json").bodyValue(body), 400))
                    .containsEntry("code", "bad_request")
                    .containsEntry("detail", "backend: expected one of ollama, openai");
        }
    }

    @Test
    void wrongValuesAreNamed() {
        Map<String, String> wrong = Map.of(
                "{}", "name: is needed",
                "{\"name\":\"\"}", "name: 0 characters (expected: 1 to 100)",
                "{\"name\":7}", "name: expected a string",
                "{\"name\":\"A\\u0000\"}", "name: may not hold control characters",
                "{\"name\":\"A\",\"greeting\":\"\\u0000\"}", "greeting: may not hold the character U+0000",
                "{\"name\":\"A\",\"allowed_origins\":\"*\"}", "allowed_origins: expected a list",
                "{\"name\":\"A\",\"allowed_origins\":[null]}", "allowed_origins[0]: expected a string",
                "{\"name\":\"A\",\"allowed_origins\":[\"shop.example/x\"]}",
                "allowed_origins: expected origins such as https://shop.example, without a path, or *");

        wrong.forEach((body, detail) -> assertThat(json(request(HttpMethod.POST, "/api/assistants", admin)
                .header("Content-Type", "application/json").bodyValue(body), 400)).as(body)
                .containsEntry("detail", detail));
    }

    @Test
    void longValuesAreNamed() {
        Map<String, Integer> limits = Map.of("name", 100, "greeting", 2_000, "system_prompt", 20_000, "model", 200);

        limits.forEach((field, max) -> {
            Map<String, Object> body = new HashMap<>(Map.of("name", "A"));
            body.put(field, "x".repeat(max));
            create(body, 201);
            body.put(field, "x".repeat(max + 1));
            assertThat(create(body, 400)).containsEntry("detail",
                    "%s: %d characters (expected: %d to %d)".formatted(field, max + 1, field.equals("name") ? 1 : 0,
                            max));
        });
        assertThat(create(Map.of("name", "A", "allowed_origins", java.util.Collections.nCopies(101, "*")), 400))
                .containsEntry("detail", "allowed_origins: 101 entries (expected: at most 100)");
    }

    @Test
    void aListIsPaged() {
        create(Map.of("name", "One"), 201);
        create(Map.of("name", "Two"), 201);

        Map<String, Object> first = json(request(HttpMethod.GET, "/api/assistants?limit=1", admin), 200);
        Map<String, Object> second = json(
                request(HttpMethod.GET, "/api/assistants?limit=1&cursor=" + first.get("next"), admin), 200);

        assertThat(first.get("assistants")).isNotEqualTo(second.get("assistants"));
        assertThat((List<?>) second.get("assistants")).hasSize(1);
    }

    @Test
    void unknownAssistantsAreNotFound() {
        json(request(HttpMethod.GET, "/api/assistants/999999", admin), 404);
        json(request(HttpMethod.PATCH, "/api/assistants/999999", admin).bodyValue(Map.of("name", "A")), 404);
        json(request(HttpMethod.DELETE, "/api/assistants/999999", admin), 404);
        json(request(HttpMethod.POST, "/api/assistants/999999/enable", admin), 404);
        json(request(HttpMethod.GET, "/api/assistants/one", admin), 404);
    }

    private Map<String, Object> create(Map<String, Object> body, int status) {
        return json(request(HttpMethod.POST, "/api/assistants", admin).bodyValue(body), status);
    }
}
