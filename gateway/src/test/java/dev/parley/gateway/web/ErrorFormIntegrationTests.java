package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.parley.gateway.FailingRoutes;
import dev.parley.gateway.LogWatch;
import dev.parley.gateway.RunningGateway;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;

@Isolated(LogWatch.ALONE)
class ErrorFormIntegrationTests extends RunningGateway {

    @Test
    void anErrorHasTheFormOfTheProtocol() {
        client().get().uri("/api/nothing").exchange()
                .expectStatus().isNotFound()
                .expectHeader().contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectHeader().valueEquals("Cache-Control", "no-store")
                .expectBody().json("""
                        {"type": "urn:parley:problem:not_found", "title": "There is no such thing", "status": 404,
                         "code": "not_found"}""", org.springframework.test.json.JsonCompareMode.STRICT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/api", "/api/", "/api/users/1/nothing", "/ws/nothing", "/actuator/nothing",
            "/api/users/1/secret", "/..%2f..%2fetc", "/api/auth/me/"})
    void unknownPathsAreNotFound(String path) {
        assertThat(json(client().get().uri(java.net.URI.create(address() + path)), 404)).containsEntry("code",
                "not_found");
    }

    @Test
    void aWrongMethodSaysWhichAreRight() {
        client().get().uri("/api/auth/login").exchange()
                .expectStatus().isEqualTo(405)
                .expectHeader().valueEquals("Allow", "POST")
                .expectBody().jsonPath("$.code").isEqualTo("method_not_allowed")
                .jsonPath("$.detail").isEqualTo("This path takes POST");
        client().post().uri("/actuator/health").exchange()
                .expectStatus().isEqualTo(405)
                .expectHeader().valueEquals("Allow", "GET")
                .expectBody().jsonPath("$.code").isEqualTo("method_not_allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/test/bug", "/api/test/later-bug"})
    void aBugSaysNothingOfItselfAndIsLoggedOnce(String path) {
        try (LogWatch log = LogWatch.of("", Level.INFO)) {
            client().get().uri(path + "?token=hush").exchange()
                    .expectStatus().isEqualTo(500)
                    .expectHeader().contentType(MediaType.APPLICATION_PROBLEM_JSON)
                    .expectBody().json("""
                            {"type": "urn:parley:problem:internal_error", "title": "Something went wrong on our side",
                             "status": 500, "code": "internal_error"}""",
                            org.springframework.test.json.JsonCompareMode.STRICT);

            assertThat(log.lines()).filteredOn(line -> line.contains(FailingRoutes.INSIDE)).singleElement().asString()
                    .contains("GET " + path + " failed", FailingRoutes.INSIDE)
                    .doesNotContain("hush");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/test/away", "/api/test/slow"})
    void whatIsAwayForAMomentSaysWhenToComeBack(String path) {
        client().get().uri(path).exchange()
                .expectStatus().isEqualTo(503)
                .expectHeader().valueEquals("Retry-After", "1")
                .expectBody().json("""
                        {"type": "urn:parley:problem:unavailable", "title": "The service is away for a moment",
                         "status": 503, "code": "unavailable", "retry_after_ms": 1000}""",
                        org.springframework.test.json.JsonCompareMode.STRICT);
    }

    @Test
    void noErrorTellsOfTheInside() {
        for (String path : List.of("/api/nothing", "/api/test/bug", "/api/test/away", "/api/users/x", "/api/users",
                "/api/auth/login", "/%00", "/api/users?limit=%zz", "/webjars/x", "/favicon.ico")) {
            client().method(HttpMethod.GET).uri(java.net.URI.create(address() + path.replace("%zz", "zz"))).exchange()
                    .expectStatus().value(status -> assertThat(status).as(path).isGreaterThanOrEqualTo(400))
                    .expectBody(String.class).value(body -> assertThat(body).as(path)
                            .doesNotContainIgnoringCase("exception", "springframework", "dev.parley", "java.",
                                    "select ",
                                    "trace", "static resource"));
        }
    }

    @Test
    void everyAnswerIsProtected() {
        client().get().uri("/api/auth/me").exchange()
                .expectHeader().valueEquals("X-Content-Type-Options", "nosniff")
                .expectHeader().valueEquals("Referrer-Policy", "no-referrer")
                .expectHeader().valueEquals("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
                .expectBody();
        client().get().uri("/nothing").exchange()
                .expectHeader().valueEquals("X-Content-Type-Options", "nosniff")
                .expectHeader().valueEquals("Content-Security-Policy", "frame-ancestors 'self'")
                .expectBody();
        client().get().uri("/chat-iframe").exchange()
                .expectHeader().doesNotExist("Content-Security-Policy")
                .expectHeader().doesNotExist("X-Frame-Options")
                .expectBody();
    }

    @Test
    void aHeadRequestGetsNoBody() {
        client().head().uri("/api/nothing").exchange().expectStatus().isNotFound().expectBody().isEmpty();
    }
}
