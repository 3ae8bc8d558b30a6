package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.parley.gateway.LogWatch;
import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.web.WireJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Asks through the JDK's client, for Spring's own would log what it sends. */
@Isolated(LogWatch.ALONE)
class TokensStayOutOfLogsIntegrationTests extends RunningGateway {

    private final JsonMapper json = WireJson.mapper();
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Autowired
    private VisitorTokens visitorTokens;

    @AfterEach
    void closeClient() {
        http.close();
    }

    @Test
    void noTokenAndNoPasswordIsEverLogged() throws Exception {
        try (LogWatch log = LogWatch.of("dev.parley", Level.DEBUG).and("org.springframework.web", Level.DEBUG)
                .and("org.springframework.http", Level.DEBUG)) {
            String admin = send("/api/auth/login", "", Map.of("username", "admin", "password", PASSWORD)).get("token")
                    .asString();
            long assistant = send("/api/assistants", admin, Map.of("name", "Bo")).get("id").asLong();
            JsonNode site = send("/api/sites", admin, Map.of("name", "S", "assistant_id", assistant));
            String secret = site.get("secret").asString();
            String visitor = visitorTokens.issue(new Visitor("v_1", assistant, null)).token();
            String fresh = send("/api/widget/token", "", Map.of("visitor_token", visitor)).get("visitor_token")
                    .asString();
            String expired = Jwt.sign(
                    new JWTClaimsSet.Builder().subject("1").audience("admin").expirationTime(Date.from(Instant.EPOCH))
                            .build(),
                    new GatewaySecret(SECRET).key(GatewaySecret.Purpose.OPERATOR_TOKENS, "HmacSHA256"));
            String siteToken = TestTokens.sign(JWSAlgorithm.HS256, site.get("id").asString(),
                    TestTokens.claims("u").build(), secret);

            for (String token : List.of(admin, visitor, expired, siteToken)) {
                for (String parameter : List.of("token", "site_token", "visitor_token", "%74oken")) {
                    for (String path : List.of("/api/auth/me", "/api/nothing", "/api/test/bug", "/api/test/broken-off",
                            "/ws/dialogs/1")) {
                        get(path + "?x=1&" + parameter + "=" + token);
                    }
                }
            }

            // Otherwise this test would show nothing.
            assertThat(log.lines()).anyMatch(line -> line.startsWith("DEBUG") && line.contains("/api/auth/me?x=1"))
                    .anyMatch(line -> line.startsWith("DEBUG") && line.contains("Encoding [Answer["))
                    .anyMatch(line -> line.startsWith("ERROR") && line.contains("/api/test/bug?x=1"))
                    .anyMatch(line -> line.startsWith("ERROR") && line.contains("/api/test/broken-off?x=1"));
            assertThat(log.lines()).noneMatch(line -> List
                    .of(admin, visitor, fresh, expired, siteToken, secret, PASSWORD, SECRET)
                    .stream()
                    // Spring cuts long values, so their beginning would be enough of a find.
                    .anyMatch(hidden -> line.contains(hidden.substring(0, Math.min(hidden.length(), 60)))));
        }
    }

    private JsonNode send(String path, String token, Map<String, Object> body)
            throws IOException, InterruptedException {
        return json.readTree(http.send(HttpRequest.newBuilder(URI.create(address() + path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + token)
                .POST(BodyPublishers.ofString(json.writeValueAsString(body)))
                .build(), BodyHandlers.ofString()).body());
    }

    private void get(String pathAndQuery) throws InterruptedException {
        try {
            http.send(HttpRequest.newBuilder(URI.create(address() + pathAndQuery)).build(), BodyHandlers.discarding());
        } catch (IOException brokenOff) {
            // One of the paths breaks off, which is the point of it.
        }
    }
}
