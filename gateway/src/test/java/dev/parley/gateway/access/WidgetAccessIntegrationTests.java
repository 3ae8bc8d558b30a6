package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.access.Caller.SiteUser;
import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import reactor.core.publisher.Flux;
import org.springframework.http.MediaType;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Visitors and site users: their tokens, the origins of their pages, and what ends them. */
class WidgetAccessIntegrationTests extends RunningGateway {

    private static final String SHOP = "https://shop.example";
    private static final String EVIL = "https://evil.example";

    @Autowired
    private VisitorTokens tokens;

    @Autowired
    private Authenticator authenticator;

    private String admin = "";
    private long assistant;
    private Visitor visitor = new Visitor("v", 0, null);

    @BeforeEach
    void createAssistant() {
        admin = admin();
        assistant = id(json(request(HttpMethod.POST, "/api/assistants", admin)
                .bodyValue(Map.of("name", "Bo", "allowed_origins", List.of(SHOP))), 201));
        visitor = tokens.newVisitor(assistant, "Zoë");
    }

    @Test
    void aVisitorTokenIsRefreshedForTheSameVisitor() {
        Map<String, Object> fresh = json(refresh(tokens.issue(visitor).token()), 200);

        assertThat(fresh).containsOnlyKeys("visitor_token", "expires_at");
        assertThat(tokens.check(text(fresh, "visitor_token")).caller()).isEqualTo(visitor);
        assertThat(Instant.parse(text(fresh, "expires_at"))).isAfter(Instant.now().plus(Duration.ofHours(23)));
    }

    @Test
    void theOldVisitorTokenMayComeInTheBodyOrTheQuery() {
        String old = tokens.issue(visitor).token();

        json(client().post().uri("/api/widget/token").bodyValue(Map.of("visitor_token", old)), 200);
        json(client().post().uri("/api/widget/token?visitor_token={old}", old), 200);
        // In chunks, so without a length.
        json(client().post().uri("/api/widget/token").contentType(MediaType.APPLICATION_JSON)
                .body(Flux.just("{\"visitor_token\":", "\"" + old + "\"}"), String.class), 200);
        json(client().post().uri("/api/widget/token"), 401);
        json(client().post().uri("/api/widget/token").bodyValue(Map.of()), 401);
        assertThat(json(client().post().uri("/api/widget/token").bodyValue(Map.of("visitor_token", 1)), 400))
                .containsEntry("detail", "visitor_token: expected a string");
    }

    @Test
    void aTokenExpiredForLessThanSevenDaysIsStillGoodForAFreshOne() {
        json(refresh(expired(Duration.ofDays(7).minusMinutes(1))), 200);
        json(refresh(expired(Duration.ofDays(7))), 401);
        fails(authenticate(Audience.WIDGET, expired(Duration.ofSeconds(1)), SHOP), Problem.UNAUTHORIZED);
    }

    @Test
    void onlyPagesOfAllowedOriginsGetIn() {
        String token = tokens.issue(visitor).token();

        json(refresh(token).header("Origin", SHOP), 200);
        json(refresh(token).header("Origin", address()), 200);
        assertThat(json(refresh(token).header("Origin", EVIL), 403)).containsEntry("code", "forbidden");
        succeeds(authenticate(Audience.WIDGET, token, SHOP), visitor);
        fails(authenticate(Audience.WIDGET, token, EVIL), Problem.FORBIDDEN);
    }

    @Test
    void aDisabledAssistantLetsNobodyIn() {
        String token = tokens.issue(visitor).token();
        succeeds(authenticate(Audience.WIDGET, token, SHOP), visitor);

        json(request(HttpMethod.DELETE, "/api/assistants/" + assistant, admin), 200);

        fails(authenticate(Audience.WIDGET, token, SHOP), Problem.UNAUTHORIZED);
        fails(authenticator.stillAllowed(visitor.ground()), Problem.UNAUTHORIZED);
        json(refresh(token), 401);
    }

    @Test
    void anAssistantDisabledOnAnotherNodeSoonLetsNobodyIn() {
        String token = tokens.issue(visitor).token();
        succeeds(authenticate(Audience.WIDGET, token, SHOP), visitor);

        DATABASE.execute("update assistants set disabled = true where id = " + assistant);

        StepVerifier.create(authenticate(Audience.WIDGET, token, SHOP)
                .repeatWhen(ends -> ends.delayElements(Duration.ofMillis(100)))
                .then())
                .expectErrorMatches(error -> error instanceof ProblemException refusal
                        && refusal.problem() == Problem.UNAUTHORIZED)
                .verify(TIMEOUT);
    }

    @Test
    void aSiteSignsItsUsersIn() {
        Map<String, Object> site = site();

        succeeds(authenticate(Audience.SITE, siteToken(site), EVIL), new SiteUser(id(site), "u1", assistant, null));
        fails(authenticate(Audience.ADMIN, siteToken(site), SHOP), Problem.UNAUTHORIZED);
        fails(authenticate(Audience.WIDGET, siteToken(site), SHOP), Problem.UNAUTHORIZED);
    }

    @Test
    void aRotatedSecretEndsTheTokensOfTheOldOne() {
        Map<String, Object> site = site();
        String old = siteToken(site);

        Map<String, Object> rotated = json(request(HttpMethod.POST, "/api/sites/" + id(site) + "/secret", admin), 200);

        fails(authenticate(Audience.SITE, old, SHOP), Problem.UNAUTHORIZED);
        succeeds(authenticate(Audience.SITE, siteToken(rotated), SHOP), new SiteUser(id(site), "u1", assistant, null));
    }

    @Test
    void aDisabledSiteOrItsDisabledAssistantLetsNobodyIn() {
        Map<String, Object> site = site();
        SiteUser user = new SiteUser(id(site), "u1", assistant, null);
        StepVerifier.create(authenticator.stillAllowed(user.ground())).expectComplete().verify(TIMEOUT);

        json(request(HttpMethod.DELETE, "/api/sites/" + id(site), admin), 200);
        fails(authenticate(Audience.SITE, siteToken(site), SHOP), Problem.UNAUTHORIZED);
        fails(authenticator.stillAllowed(user.ground()), Problem.UNAUTHORIZED);

        json(request(HttpMethod.POST, "/api/sites/" + id(site) + "/enable", admin), 200);
        json(request(HttpMethod.DELETE, "/api/assistants/" + assistant, admin), 200);
        fails(authenticate(Audience.SITE, siteToken(site), SHOP), Problem.UNAUTHORIZED);
    }

    @Test
    void anAllowedOriginMayCallWithFetch() {
        client().options().uri("/api/widget/token").header("Origin", SHOP)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type").exchange()
                .expectStatus().isNoContent()
                .expectHeader().valueEquals("Access-Control-Allow-Origin", SHOP)
                .expectHeader().valueMatches("Access-Control-Allow-Methods", ".*POST.*")
                .expectHeader()
                .valueEquals("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
                .expectHeader().valueEquals("Vary", "Origin")
                .expectHeader().doesNotExist("Access-Control-Allow-Credentials")
                .expectBody().isEmpty();
        // The widget has to be able to read why it was refused, too.
        for (WebTestClient.RequestHeadersSpec<?> request : List.of(refresh(tokens.issue(visitor).token()),
                refresh("x"))) {
            request.header("Origin", SHOP).exchange()
                    .expectHeader().valueEquals("Access-Control-Allow-Origin", SHOP)
                    .expectHeader().valueEquals("Access-Control-Expose-Headers", "Retry-After")
                    .expectHeader().doesNotExist("Access-Control-Allow-Credentials")
                    .expectBody();
        }
    }

    @Test
    void whereAllAskInOnePlaceEachIsKnownByItsToken() {
        String requests = "/api/ai/requests";
        String token = tokens.issue(visitor).token();
        request(HttpMethod.GET, requests, token).header("Origin", SHOP).exchange()
                .expectStatus().isOk()
                .expectHeader().valueEquals("Access-Control-Allow-Origin", SHOP)
                .expectBody();
        json(request(HttpMethod.GET, requests, token).header("Origin", EVIL), 403);
        json(client().get().uri(requests + "?visitor_token={token}", token), 200);
        json(client().get().uri(requests + "?token={token}", token), 401);
        Map<String, Object> site = site();
        json(request(HttpMethod.GET, requests, TestTokens.ofSite(Long.toString(id(site)), text(site, "secret"), "u1")),
                200);
        json(request(HttpMethod.GET, requests, admin), 200);
        json(request(HttpMethod.GET, requests, "x"), 401);
    }

    @Test
    void otherPathsAreNoBusinessOfOtherOrigins() {
        for (String path : List.of("/api/auth/me", "/api/users", "/api/auth/login")) {
            client().options().uri(path).header("Origin", SHOP).header("Access-Control-Request-Method", "GET")
                    .exchange()
                    .expectHeader().doesNotExist("Access-Control-Allow-Origin")
                    .expectBody();
            client().get().uri(path).header("Origin", SHOP).exchange()
                    .expectHeader().doesNotExist("Access-Control-Allow-Origin")
                    .expectBody();
        }
    }

    private WebTestClient.RequestBodySpec refresh(String token) {
        return request(HttpMethod.POST, "/api/widget/token", token);
    }

    private String expired(Duration ago) {
        return Jwt.sign(
                new JWTClaimsSet.Builder().subject(visitor.id()).audience("widget").claim("assistant", assistant)
                        .expirationTime(Date.from(Instant.now().minus(ago))).build(),
                new GatewaySecret(SECRET).key(GatewaySecret.Purpose.VISITOR_TOKENS, "HmacSHA256"));
    }

    private Map<String, Object> site() {
        return json(request(HttpMethod.POST, "/api/sites", admin)
                .bodyValue(Map.of("name", "Shop", "assistant_id", assistant)), 201);
    }

    private static String siteToken(Map<String, Object> site) {
        return TestTokens.sign(JWSAlgorithm.HS256, Long.toString(id(site)),
                new JWTClaimsSet.Builder().subject("u1").expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .build(),
                text(site, "secret"));
    }

    private Mono<Session> authenticate(Audience audience, String token, String origin) {
        return authenticator.authenticate(audience, MockServerHttpRequest.get(address() + "/ws/x")
                .header("Authorization", "Bearer " + token)
                .header("Origin", origin)
                .build());
    }

    private static void succeeds(Mono<Session> session, Caller expected) {
        StepVerifier.create(session.map(Session::caller)).expectNext(expected).expectComplete().verify(TIMEOUT);
    }

    private static void fails(Mono<?> call, Problem expected) {
        StepVerifier.create(call).expectErrorSatisfies(error -> assertThat(error).isInstanceOfSatisfying(
                ProblemException.class, refusal -> assertThat(refusal.problem()).isEqualTo(expected))).verify(TIMEOUT);
    }
}
