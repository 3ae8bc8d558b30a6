package dev.parley.gateway.access;

import static dev.parley.gateway.access.TestTokens.NOW;
import static dev.parley.gateway.access.TestTokens.claims;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.parley.gateway.access.Caller.SiteUser;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class SiteTokensTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String SECRET = "the secret of site five, which it alone has";
    private static final String OTHER_SECRET = "the secret of site six, which it alone has.";

    private final Map<Long, Sites.Known> sites = Map.of(5L, site(5, false, SECRET), 6L, site(6, false, OTHER_SECRET),
            7L,
            site(7, true, SECRET), 8L, new Sites.Known(site(8, false, SECRET).site(), null));
    private final SiteTokens tokens = new SiteTokens(id -> Mono.justOrEmpty(sites.get(id)), TestTokens.CLOCK);

    private static Sites.Known site(long id, boolean disabled, String secret) {
        return new Sites.Known(new Site(id, "Shop", 3, disabled, NOW, NOW),
                new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    }

    @Test
    void aTokenThatTheSiteSignedNamesItsUser() {
        accepted(signed("5", claims("u1").claim("name", " Ann "), SECRET),
                new Session(new SiteUser(5, "u1", 3, "Ann"), NOW.plusSeconds(3600)));
    }

    @Test
    void theIssuerNamesTheSiteWhereThereIsNoKeyId() {
        accepted(signed(null, claims("u1").issuer("5"), SECRET),
                new Session(new SiteUser(5, "u1", 3, null), NOW.plusSeconds(3600)));
    }

    @Test
    void otherClaimsAreLeftAlone() {
        accepted(signed("5", claims("u1").issuer("https://shop.example").claim("email", 1).audience("x"), SECRET),
                new Session(new SiteUser(5, "u1", 3, null), NOW.plusSeconds(3600)));
    }

    @Test
    void anotherSitesSecretSignsNothing() {
        refused(signed("5", claims("u1"), OTHER_SECRET), "signature");
        refused(signed("6", claims("u1").issuer("5"), SECRET), "signature");
    }

    @Test
    void anUnknownSiteIsRefused() {
        refused(signed("99", claims("u1"), SECRET), "no such site");
        refused(signed("shop", claims("u1"), SECRET), "site id");
        refused(signed(null, claims("u1"), SECRET), "site id");
    }

    @Test
    void aDisabledSiteIsRefused() {
        refused(signed("7", claims("u1"), SECRET), "disabled");
    }

    @Test
    void aSecretThatCannotBeReadIsRefused() {
        refused(signed("8", claims("u1"), SECRET), "rotated");
    }

    @Test
    void aTokenWithoutEndIsRefused() {
        refused(signed("5", new JWTClaimsSet.Builder().subject("u1"), SECRET), "no exp");
    }

    @Test
    void anExpiredTokenIsRefused() {
        refused(signed("5", until(NOW), SECRET), "expired");
        refused(signed("5", until(NOW.minusSeconds(1)), SECRET), "expired");
    }

    @Test
    void aTokenLivesForADayAtMost() {
        accepted(signed("5", until(NOW.plus(Duration.ofHours(24))), SECRET),
                new Session(new SiteUser(5, "u1", 3, null), NOW.plus(Duration.ofHours(24))));
        refused(signed("5", until(NOW.plus(Duration.ofHours(25))), SECRET), "24 hours");
        refused(signed("5", until(Instant.parse("9999-01-01T00:00:00Z")), SECRET), "24 hours");
    }

    @Test
    void aTokenOfTomorrowIsRefused() {
        refused(signed("5", claims("u1").notBeforeTime(Date.from(NOW.plusSeconds(600))), SECRET), "nbf");
    }

    @Test
    void aTokenWithoutUserIsRefused() {
        refused(signed("5", claims(" "), SECRET), "no sub");
        refused(signed("5", claims("x".repeat(201)), SECRET), "sub is longer");
        refused(signed("5", claims("a\0b"), SECRET), "control");
        refused(signed("5", claims("u1").claim("name", "x".repeat(101)), SECRET), "name is longer");
        refused(signed("5", claims("u1").claim("name", 12), SECRET), "name is no string");
    }

    @Test
    void aTokenWithoutSignatureIsRefused() {
        String good = signed("5", claims("u1"), SECRET);

        refused(TestTokens.unsigned(good), "no signed JWT");
        refused(TestTokens.withHeader(good, "{\"alg\":\"none\",\"kid\":\"5\"}"), "no signed JWT");
    }

    @Test
    void anotherAlgorithmIsRefusedEvenWithTheRightSecret() {
        String longSecret = SECRET + SECRET;

        refused(TestTokens.sign(JWSAlgorithm.HS384, "5", claims("u1").build(), longSecret), "HS256");
        refused(TestTokens.sign(JWSAlgorithm.HS512, "5", claims("u1").build(), longSecret), "HS256");
    }

    @Test
    void aTokenOfTheGatewayIsNoSiteToken() {
        VisitorTokens visitors = new VisitorTokens(TestTokens.secret(), new RandomText(), TestTokens.settings(),
                TestTokens.CLOCK);

        refused(visitors.issue(new Caller.Visitor("u1", 3, null)).token(), "site id");
    }

    private static JWTClaimsSet.Builder until(Instant end) {
        return new JWTClaimsSet.Builder().subject("u1").expirationTime(Date.from(end));
    }

    private static String signed(@Nullable String keyId, JWTClaimsSet.Builder claims, String secret) {
        return TestTokens.sign(JWSAlgorithm.HS256, keyId, claims.build(), secret);
    }

    private void accepted(String token, Session expected) {
        StepVerifier.create(tokens.check(token)).expectNext(expected).expectComplete().verify(TIMEOUT);
    }

    private void refused(String token, String why) {
        StepVerifier.create(tokens.check(token)).expectErrorSatisfies(error -> {
            assertThat(error).isInstanceOfSatisfying(ProblemException.class,
                    refusal -> assertThat(refusal.problem()).isEqualTo(Problem.UNAUTHORIZED));
            assertThat(error).hasMessageContaining(why);
        }).verify(TIMEOUT);
    }
}
