package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest.BaseBuilder;

class OriginsTests {

    private final Origins origins = new Origins(TestTokens.settings());

    @Test
    void anOriginOfTheListMayEmbed() {
        allowed(assistant("https://shop.example"), "https://shop.example");
        allowed(assistant("https://a.example", "http://shop.example:3000"), "http://shop.example:3000");
        allowed(assistant("https://shop.example"), "https://SHOP.example");
    }

    @Test
    void anyOtherOriginMayNot() {
        Assistant assistant = assistant("https://shop.example");

        for (String foreign : List.of("http://shop.example", "https://shop.example:8443",
                "https://shop.example.evil.com",
                "https://evil.com", "https://x.shop.example", "null", "https://shop.example/", "nonsense", "https://",
                "*")) {
            refused(assistant, foreign);
        }
        refused(assistant(), "https://shop.example");
    }

    @Test
    void aStarAllowsEveryOrigin() {
        allowed(assistant("*"), "https://anywhere.example");
        allowed(assistant("*"), "null");
    }

    @Test
    void ourOwnPagesMayAlways() {
        allowed(assistant(), "http://chat.example:8080");
        refused(assistant(), "http://chat.example:9090");
        refused(assistant(), "http://chat.example");
    }

    @Test
    void behindAProxyThatEndsTlsOurOwnPagesStayOurOwn() {
        Assistant assistant = assistant();

        origins.check(assistant, MockServerHttpRequest.get("http://chat.example/api/x")
                .header("Origin", "https://chat.example")
                .build());
        origins.check(assistant, MockServerHttpRequest.get("http://chat.example:80/api/x")
                .header("Origin", "http://chat.example")
                .build());
    }

    @Test
    void whoComesFromNoPageMay() {
        origins.check(assistant(), MockServerHttpRequest.get("http://chat.example:8080/api/x").build());
    }

    @Test
    void openOriginsHoldForEveryAssistant() {
        Origins open = new Origins(new AccessSettings(null, Duration.ofHours(1), Duration.ofHours(1),
                List.of("https://Portal.example:443")));

        open.check(assistant(), request("https://portal.example").build());
    }

    @Test
    void originsAreKeptAsBrowsersSendThem() {
        assertThat(Origins.normalised(" HTTPS://Shop.Example:443 ")).contains("https://shop.example");
        assertThat(Origins.normalised("http://localhost:3000")).contains("http://localhost:3000");
        assertThat(Origins.normalised("http://[::1]:3000")).contains("http://[::1]:3000");
        assertThat(Origins.normalised("capacitor://localhost")).contains("capacitor://localhost");
        assertThat(Origins.normalised("*")).contains("*");
        for (String wrong : List.of("", "shop.example", "https://shop.example/", "https://*.example", "https://a b",
                "https://user@shop.example", "https://shop.example:123456", "javascript:alert(1)", "null")) {
            assertThat(Origins.normalised(wrong)).as(wrong).isEmpty();
        }
    }

    private void allowed(Assistant assistant, String origin) {
        origins.check(assistant, request(origin).build());
    }

    private void refused(Assistant assistant, String origin) {
        assertThatExceptionOfType(ProblemException.class).as(origin)
                .isThrownBy(() -> origins.check(assistant, request(origin).build()))
                .satisfies(refusal -> assertThat(refusal.problem()).isEqualTo(Problem.FORBIDDEN));
    }

    private static BaseBuilder<?> request(String origin) {
        return MockServerHttpRequest.get("http://chat.example:8080/api/x").header("Origin", origin);
    }

    private static Assistant assistant(String... origins) {
        return new Assistant(1, "A", "", "", Assistant.Backend.OLLAMA, null, List.of(origins), false, Instant.EPOCH,
                Instant.EPOCH);
    }
}
