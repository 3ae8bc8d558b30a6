package dev.parley.gateway.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.test.StepVerifier;

class LoginIntegrationTests extends RunningGateway {

    @Test
    void aLoginGivesATokenThatOpensWhatItsOwnerMayTouch() {
        Map<String, Object> login = login("admin", PASSWORD, 200);

        assertThat(login).containsOnlyKeys("token", "expires_at", "user");
        assertThat(Instant.parse(text(login, "expires_at")))
                .isBetween(Instant.now().plusSeconds(3500), Instant.now().plusSeconds(3601));
        assertThat(text(login, "expires_at")).matches(".*\\.\\d{3}Z");
        assertThat(login.get("user")).asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("id", "name", "roles")
                .containsEntry("name", "admin")
                .containsEntry("roles", List.of("admin"));
        assertThat(me(text(login, "token"), 200)).isEqualTo(login.get("user"));
    }

    @Test
    void upperAndLowerCaseOfTheUsernameAreTheSame() {
        assertThat(login("ADMIN", PASSWORD, 200)).containsKey("token");
    }

    @Test
    void anUnknownUserAndAWrongPasswordLookTheSame() {
        Map<String, Object> unknown = login(name("nobody"), PASSWORD, 401);
        Map<String, Object> wrong = login(text(user("operator"), "username"), "not the password", 401);

        assertThat(unknown).isEqualTo(wrong)
                .containsEntry("code", "unauthorized")
                .containsEntry("detail", "Unknown username or wrong password");
    }

    @Test
    void guessingIsSlowedDownForThisUserOnly() {
        String victim = text(user("operator"), "username");
        for (int i = 0; i < 5; i++) {
            login(victim, "guess number " + i, 401);
        }

        client().post().uri("/api/auth/login").bodyValue(Map.of("username", victim, "password", PASSWORD)).exchange()
                .expectStatus().isEqualTo(429)
                .expectHeader().valueMatches("Retry-After", "[1-9][0-9]?")
                .expectBody()
                .jsonPath("$.code").isEqualTo("rate_limited")
                .jsonPath("$.retry_after_ms").value(Integer.class, ms -> assertThat(ms).isBetween(1, 60_000));
        login(text(user("operator"), "username"), PASSWORD, 200);
    }

    @Test
    void aRefreshedTokenIsAsGoodAsTheFirst() {
        String first = token(text(user("member"), "username"));

        Map<String, Object> refreshed = json(request(HttpMethod.POST, "/api/auth/refresh", first), 200);

        assertThat(refreshed).containsOnlyKeys("token", "expires_at", "user");
        assertThat(me(text(refreshed, "token"), 200)).isEqualTo(refreshed.get("user"))
                .containsEntry("roles", List.of("member"));
    }

    @Test
    void theTokenMayComeInEachOfItsPlaces() {
        String token = admin();

        json(client().get().uri("/api/auth/me?token={token}", token), 200);
        json(client().get().uri("/api/auth/me").header("Sec-WebSocket-Protocol", "parley, bearer." + token), 200);
        json(client().get().uri("/api/auth/me?visitor_token={token}", token), 401);
    }

    @Test
    void whoHasNoTokenIsToldHowToSendOne() {
        client().get().uri("/api/auth/me").exchange()
                .expectStatus().isUnauthorized()
                .expectHeader().valueEquals("WWW-Authenticate", "Bearer")
                .expectBody().jsonPath("$.detail")
                .isEqualTo("Send a token: Authorization: Bearer <token>, or ?token=<token>");
    }

    @Test
    void whatIsNoTokenIsRefused() {
        for (String nonsense : List.of("x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "Bearer",
                "x".repeat(5_000))) {
            assertThat(me(nonsense, 401)).containsEntry("code", "unauthorized");
        }
    }

    @Test
    void aUserDisabledOnThisNodeIsOutAtOnce() {
        Map<String, Object> user = user("operator");
        String token = token(text(user, "username"));
        me(token, 200);

        json(request(HttpMethod.DELETE, "/api/users/" + id(user), admin()), 200);

        assertThat(me(token, 401)).containsEntry("detail", "This account is disabled");
        json(request(HttpMethod.POST, "/api/auth/refresh", token), 401);
        assertThat(login(text(user, "username"), PASSWORD, 401))
                .containsEntry("detail", "This account is disabled");
    }

    /** How soon is shown by {@code ShortMemoryTests}, where the load of a machine does not matter. */
    @Test
    void aUserDisabledOnAnotherNodeIsSoonOutThoughTheTokenGoesOn() {
        Map<String, Object> user = user("operator");
        String token = token(text(user, "username"));
        me(token, 200);

        DATABASE.execute("update users set disabled = true where id = " + id(user));

        StepVerifier
                .create(WebClient.create(address()).get().uri("/api/auth/me").header("Authorization", "Bearer " + token)
                        .exchangeToMono(answer -> answer.releaseBody().thenReturn(answer.statusCode().value()))
                        .repeatWhen(ends -> ends.delayElements(Duration.ofMillis(100)))
                        .takeUntil(status -> status == 401)
                        .last())
                .expectNext(401).expectComplete().verify(TIMEOUT);
    }

    @Test
    void aRoleTakenAwayIsGoneAtOnceThoughTheTokenStillNamesIt() {
        Map<String, Object> user = user("admin");
        String token = token(text(user, "username"));
        json(request(HttpMethod.GET, "/api/users", token), 200);

        json(request(HttpMethod.PATCH, "/api/users/" + id(user), admin()).bodyValue(Map.of("roles", List.of("member"))),
                200);

        json(request(HttpMethod.GET, "/api/users", token), 403);
        assertThat(me(token, 200)).containsEntry("roles", List.of("member"));
    }

    @Test
    void aNewPasswordEndsTheOldTokens() {
        Map<String, Object> user = user("operator");
        String token = token(text(user, "username"));

        json(request(HttpMethod.PATCH, "/api/users/" + id(user), admin())
                .bodyValue(Map.of("password", "another password")), 200);

        assertThat(me(token, 401)).containsEntry("detail", "The password was changed: log in again");
        login(text(user, "username"), PASSWORD, 401);
        login(text(user, "username"), "another password", 200);
    }

    private Map<String, Object> login(String username, String password, int status) {
        return json(
                client().post().uri("/api/auth/login").bodyValue(Map.of("username", username, "password", password)),
                status);
    }

    private Map<String, Object> me(String token, int status) {
        return json(request(HttpMethod.GET, "/api/auth/me", token), status);
    }
}
