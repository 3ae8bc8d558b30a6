package dev.parley.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;

class SitesIntegrationTests extends RunningGateway {

    private String admin = "";
    private long assistant;

    @BeforeEach
    void logIn() {
        admin = admin();
        assistant = id(json(request(HttpMethod.POST, "/api/assistants", admin).bodyValue(Map.of("name", "Bo")), 201));
    }

    @Test
    void aSiteCanBeCreatedReadChangedDisabledAndEnabled() {
        Map<String, Object> created = create(Map.of("name", "Shop", "assistant_id", assistant), 201);
        String path = "/api/sites/" + id(created);

        Map<String, Object> read = json(request(HttpMethod.GET, path, admin), 200);
        assertThat(read).containsOnlyKeys("id", "name", "assistant_id", "disabled", "created_at", "updated_at")
                .containsEntry("name", "Shop");
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("name", "Market")), 200))
                .containsEntry("name", "Market")
                .containsEntry("assistant_id", read.get("assistant_id"));
        assertThat(json(request(HttpMethod.DELETE, path, admin), 200)).containsEntry("disabled", true);
        assertThat(json(request(HttpMethod.POST, path + "/enable", admin), 200)).containsEntry("disabled", false);
    }

    @Test
    void aSecretIsShownAtCreationAndRotationAndNowhereElse() {
        Map<String, Object> created = create(Map.of("name", "Shop", "assistant_id", assistant), 201);
        String path = "/api/sites/" + id(created);
        String first = text(created, "secret");

        String second = text(json(request(HttpMethod.POST, path + "/secret", admin), 200), "secret");

        assertThat(first).hasSize(43).isNotEqualTo(second);
        for (String elsewhere : List.of(path, "/api/sites?limit=100")) {
            request(HttpMethod.GET, elsewhere, admin).exchange().expectStatus().isOk().expectBody(String.class)
                    .value(body -> assertThat(body).doesNotContain("secret", first, second));
        }
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("name", "M")), 200))
                .doesNotContainKey("secret");
        assertThat(json(request(HttpMethod.DELETE, path, admin), 200)).doesNotContainKey("secret");
    }

    @Test
    void theDatabaseDoesNotHoldTheSecretInClear() {
        Map<String, Object> created = create(Map.of("name", "Shop", "assistant_id", assistant), 201);

        byte[] stored = DATABASE.client().sql("select secret from sites where id = $1").bind("$1", id(created))
                .mapValue(byte[].class).one().blockOptional(TIMEOUT).orElseThrow();

        assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain(text(created, "secret"));
    }

    @Test
    void wrongValuesAreNamed() {
        assertThat(create(Map.of("assistant_id", assistant), 400)).containsEntry("detail", "name: is needed");
        assertThat(create(Map.of("name", "S"), 400)).containsEntry("detail", "assistant_id: is needed");
        assertThat(create(Map.of("name", "S", "assistant_id", -1), 400))
                .containsEntry("detail", "assistant_id: expected a positive number");
        assertThat(create(Map.of("name", "S", "assistant_id", "1"), 400))
                .containsEntry("detail", "assistant_id: expected a whole number within its range");
        assertThat(create(Map.of("name", "S", "assistant_id", 999_999), 400))
                .containsEntry("detail", "assistant_id: there is no such assistant");
        Map<String, Object> created = create(Map.of("name", "S", "assistant_id", assistant), 201);
        assertThat(json(request(HttpMethod.PATCH, "/api/sites/" + id(created), admin)
                .bodyValue(Map.of("assistant_id", 999_999)), 400))
                .containsEntry("detail", "assistant_id: there is no such assistant");
    }

    @Test
    void unknownSitesAreNotFound() {
        json(request(HttpMethod.GET, "/api/sites/999999", admin), 404);
        json(request(HttpMethod.PATCH, "/api/sites/999999", admin).bodyValue(Map.of("name", "A")), 404);
        json(request(HttpMethod.DELETE, "/api/sites/999999", admin), 404);
        json(request(HttpMethod.POST, "/api/sites/999999/enable", admin), 404);
        json(request(HttpMethod.POST, "/api/sites/999999/secret", admin), 404);
    }

    private Map<String, Object> create(Map<String, Object> body, int status) {
        return json(request(HttpMethod.POST, "/api/sites", admin).bodyValue(body), status);
    }
}
