package dev.parley.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.access.VisitorTokens;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;

class AdministratorsOnlyIntegrationTests extends RunningGateway {

    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE");

    @Autowired
    private VisitorTokens visitorTokens;

    /** Every path and every method that an administrator has. */
    private static List<String> routes(String collection) {
        String one = collection + "/1";
        List<String> routes = List.of("GET " + collection, "POST " + collection, "GET " + one, "PATCH " + one,
                "DELETE " + one, "POST " + one + "/enable");
        return collection.equals("/api/sites")
                ? java.util.stream.Stream.concat(routes.stream(), java.util.stream.Stream.of("POST " + one + "/secret"))
                        .toList()
                : routes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/assistants", "/api/sites", "/api/users"})
    void nobodyElseGetsInByAnyPathOrMethod(String collection) {
        String operator = token(text(user("operator"), "username"));
        String member = token(text(user("member"), "username"));
        String visitor = visitorTokens.issue(new Visitor("1", 1, null)).token();

        for (String route : routes(collection)) {
            HttpMethod method = HttpMethod.valueOf(route.substring(0, route.indexOf(' ')));
            String path = route.substring(route.indexOf(' ') + 1);
            assertThat(json(request(method, path, operator).bodyValue(Map.of()), 403)).as(route)
                    .containsEntry("code", "forbidden");
            assertThat(json(request(method, path, member).bodyValue(Map.of()), 403)).as(route)
                    .containsEntry("code", "forbidden");
            assertThat(json(request(method, path, visitor).bodyValue(Map.of()), 401)).as(route)
                    .containsEntry("code", "unauthorized");
            assertThat(json(client().method(method).uri(path).bodyValue(Map.of()), 401)).as(route)
                    .containsEntry("code", "unauthorized");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/assistants", "/api/sites", "/api/users"})
    void everyOtherMethodIsNamedAsNotAllowed(String collection) {
        String admin = admin();

        for (String path : List.of(collection, collection + "/1", collection + "/1/enable")) {
            List<String> allowed = METHODS.stream().filter(method -> routes(collection).contains(method + " " + path))
                    .toList();
            for (String method : METHODS) {
                if (!allowed.contains(method)) {
                    request(HttpMethod.valueOf(method), path, admin).exchange()
                            .expectStatus().isEqualTo(405)
                            .expectHeader().valueEquals("Allow", String.join(", ", allowed))
                            .expectBody().jsonPath("$.code").isEqualTo("method_not_allowed");
                }
            }
        }
    }

    @Test
    void whatIsRefusedChangesNothing() {
        Map<String, Object> victim = user("member");
        String operator = token(text(user("operator"), "username"));

        json(request(HttpMethod.DELETE, "/api/users/" + id(victim), operator), 403);
        json(request(HttpMethod.PATCH, "/api/users/" + id(victim), operator)
                .bodyValue(Map.of("roles", List.of("admin"))), 403);

        assertThat(json(request(HttpMethod.GET, "/api/users/" + id(victim), admin()), 200)).isEqualTo(victim);
    }
}
