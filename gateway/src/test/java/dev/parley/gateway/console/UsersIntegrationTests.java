package dev.parley.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.util.HashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpMethod;

class UsersIntegrationTests extends RunningGateway {

    private String admin = "";

    @BeforeEach
    void logIn() {
        admin = admin();
    }

    @Test
    void aUserCanBeCreatedReadChangedDisabledAndEnabled() {
        String username = name("ada");
        Map<String, Object> created = create(
                Map.of("username", username, "name", "Ada", "password", PASSWORD, "roles",
                        List.of("operator", "member")),
                201);
        String path = "/api/users/" + id(created);

        assertThat(created).containsOnlyKeys("id", "username", "name", "roles", "disabled", "created_at", "updated_at")
                .containsEntry("roles", List.of("operator", "member"))
                .containsEntry("disabled", false);
        assertThat(json(request(HttpMethod.GET, path, admin), 200)).isEqualTo(created);
        assertThat(json(request(HttpMethod.PATCH, path, admin).bodyValue(Map.of("name", "Ada L.")), 200))
                .containsEntry("name", "Ada L.")
                .containsEntry("username", username)
                .containsEntry("roles", List.of("operator", "member"));
        assertThat(json(request(HttpMethod.DELETE, path, admin), 200)).containsEntry("disabled", true);
        assertThat(json(request(HttpMethod.POST, path + "/enable", admin), 200)).containsEntry("disabled", false);
        assertThat(token(username)).isNotEmpty();
    }

    @Test
    void aCreatedUserSaysWhereItIs() {
        request(HttpMethod.POST, "/api/users", admin)
                .bodyValue(Map.of("username", name("u"), "password", PASSWORD, "roles", List.of("member"))).exchange()
                .expectStatus().isCreated()
                .expectHeader().valueMatches("Location", "/api/users/\\d+")
                .expectBody();
    }

    @Test
    void noAnswerHoldsAPasswordOrItsHash() {
        String username = name("u");
        request(HttpMethod.POST, "/api/users", admin)
                .bodyValue(Map.of("username", username, "password", PASSWORD, "roles", List.of("member"))).exchange()
                .expectBody(String.class)
                .value(body -> assertThat(body).doesNotContain("password", "bcrypt", PASSWORD));
        request(HttpMethod.GET, "/api/users?limit=100", admin).exchange()
                .expectBody(String.class).value(body -> assertThat(body).doesNotContain("password", "bcrypt"));
    }

    @Test
    void aUsernameIsTakenInUpperAndLowerCase() {
        String username = name("taken");
        create(Map.of("username", username, "password", PASSWORD, "roles", List.of("member")), 201);

        assertThat(create(Map.of("username", username.toUpperCase(java.util.Locale.ROOT), "password", PASSWORD, "roles",
                List.of("member")), 409)).containsEntry("code", "conflict")
                .containsEntry("detail", "username: somebody has this one already");
        assertThat(json(request(HttpMethod.PATCH, "/api/users/" + id(user("member")), admin)
                .bodyValue(Map.of("username", username)), 409)).containsEntry("code", "conflict");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "username | ''          | username: 0 characters (expected: 1 to 100)",
            "username | a b         | username: may not hold spaces",
            "name     | ' '         | name: 0 characters (expected: 1 to 100)",
            "password | 123456789   | password: expected 10 to 72 bytes of UTF-8"})
    void wrongValuesAreNamed(String field, String value, String detail) {
        Map<String, Object> body = new HashMap<>(
                Map.of("username", name("u"), "name", "U", "password", PASSWORD, "roles", List.of("member")));
        body.put(field, value);

        assertThat(create(body, 400)).containsEntry("code", "bad_request").containsEntry("detail", detail);
        assertThat(json(request(HttpMethod.PATCH, "/api/users/" + id(user("member")), admin)
                .bodyValue(Map.of(field, value)), 400)).containsEntry("detail", detail);
    }

    @Test
    void longAndMissingValuesAreNamed() {
        for (String field : List.of("username", "password", "roles")) {
            Map<String, Object> body = new HashMap<>(
                    Map.of("username", name("u"), "password", PASSWORD, "roles", List.of("member")));
            body.remove(field);
            assertThat(create(body, 400)).containsEntry("detail", field + ": is needed");
        }
        assertThat(create(Map.of("username", "x".repeat(101), "password", PASSWORD, "roles", List.of("member")), 400))
                .containsEntry("detail", "username: 101 characters (expected: 1 to 100)");
        assertThat(create(Map.of("username", name("u"), "password", "ä".repeat(37), "roles", List.of("member")), 400))
                .containsEntry("detail", "password: expected 10 to 72 bytes of UTF-8");
        assertThat(create(Map.of("username", name("u"), "password", PASSWORD, "roles", List.of()), 400))
                .containsEntry("detail", "roles: expected at least one of admin, operator, member");
        assertThat(create(Map.of("username", name("u"), "password", PASSWORD, "roles", List.of("root")), 400))
                .containsEntry("detail", "roles[0]: expected one of admin, operator, member");
    }

    @Test
    void aListIsPagedWithoutGapOrRepeat() {
        for (int i = 0; i < 5; i++) {
            user("member");
        }
        assertThat(usersByPages(2)).isEqualTo(usersByPages(100)).doesNotHaveDuplicates().hasSizeGreaterThan(5);
        json(request(HttpMethod.GET, "/api/users?limit=101", admin), 400);
        assertThat(text(json(request(HttpMethod.GET, "/api/users?cursor=x", admin), 400), "detail"))
                .startsWith("cursor: ");
    }

    private List<Object> usersByPages(int limit) {
        Map<String, Object> page = json(request(HttpMethod.GET, "/api/users?limit=" + limit, admin), 200);
        List<Object> found = new ArrayList<>((List<?>) page.get("users"));
        while (page.containsKey("next")) {
            assertThat((List<?>) page.get("users")).hasSize(limit);
            page = json(request(HttpMethod.GET, "/api/users?limit=%d&cursor=%s".formatted(limit, page.get("next")),
                    admin), 200);
            found.addAll((List<?>) page.get("users"));
        }
        return found;
    }

    @Test
    void nobodyDisablesThemselves() {
        Map<String, Object> user = user("admin");
        String token = token(text(user, "username"));

        assertThat(json(request(HttpMethod.DELETE, "/api/users/" + id(user), token), 409))
                .containsEntry("code", "conflict");
    }

    @Test
    void unknownUsersAreNotFound() {
        for (String id : List.of("999999", "0", "-1", "x", "99999999999999999999")) {
            for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.DELETE)) {
                assertThat(json(request(method, "/api/users/" + id, admin), 404)).containsEntry("code", "not_found");
            }
            assertThat(json(request(HttpMethod.PATCH, "/api/users/" + id, admin).bodyValue(Map.of()), 404))
                    .containsEntry("code", "not_found");
            assertThat(json(request(HttpMethod.POST, "/api/users/" + id + "/enable", admin), 404))
                    .containsEntry("code", "not_found");
        }
    }

    private Map<String, Object> create(Map<String, Object> body, int status) {
        return json(request(HttpMethod.POST, "/api/users", admin).bodyValue(body), status);
    }
}
