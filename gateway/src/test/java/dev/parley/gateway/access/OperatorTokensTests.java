package dev.parley.gateway.access;

import static dev.parley.gateway.access.TestTokens.CLOCK;
import static dev.parley.gateway.access.TestTokens.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.SignedJWT;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OperatorTokensTests {

    private static final String HASH = "{bcrypt}$2a$10$abcdefghijklmnopqrstuv";
    private static final User USER = new User(7, "ada", "Ada", Set.of(Role.OPERATOR, Role.ADMIN), false, NOW, NOW);

    private final OperatorTokens tokens = new OperatorTokens(TestTokens.secret(), TestTokens.settings(), CLOCK);
    private final String token = tokens.issue(USER, HASH).token();

    @Test
    void aTokenSaysWhoseItIsAndUntilWhen() throws Exception {
        OperatorTokens.Claims claims = tokens.check(token);

        assertThat(claims.userId()).isEqualTo(7);
        assertThat(claims.expiresAt()).isEqualTo(NOW.plus(Duration.ofHours(1)));
        assertThat(tokens.issue(USER, HASH).expiresAt()).isEqualTo(claims.expiresAt());
        assertThat(SignedJWT.parse(token).getJWTClaimsSet()).satisfies(payload -> {
            assertThat(payload.getStringClaim("name")).isEqualTo("Ada");
            assertThat(payload.getStringListClaim("roles")).isEqualTo(List.of("admin", "operator"));
            assertThat(payload.getAudience()).containsExactly("admin");
        });
    }

    @Test
    void aTokenEndsOnTheSecond() {
        OperatorTokens justBefore = new OperatorTokens(TestTokens.secret(), TestTokens.settings(),
                TestTokens.at(Duration.ofHours(1).minusMillis(1)));
        OperatorTokens then = new OperatorTokens(TestTokens.secret(), TestTokens.settings(),
                TestTokens.at(Duration.ofHours(1)));

        assertThat(justBefore.check(token).userId()).isEqualTo(7);
        refused(then, token, "expired");
    }

    @Test
    void aNewPasswordEndsTheTokensOfTheOldOne() {
        OperatorTokens.Claims claims = tokens.check(token);

        assertThat(tokens.isOf(HASH, claims)).isTrue();
        assertThat(tokens.isOf("{bcrypt}$2a$10$another", claims)).isFalse();
    }

    @Test
    void aChangedPayloadIsRefused() {
        refused(tokens, TestTokens.withPayload(token, """
                {"sub":"1","aud":"admin","exp":4102444800,"pwd":"x"}"""), "signature");
    }

    @Test
    void aTokenWithoutSignatureIsRefused() {
        refused(tokens, TestTokens.unsigned(token), "no signed JWT");
        refused(tokens, TestTokens.withHeader(token, "{\"alg\":\"none\"}"), "no signed JWT");
        refused(tokens, token.substring(0, token.lastIndexOf('.') + 1), "no signed JWT");
    }

    @Test
    void aTokenOfAnotherAlgorithmIsRefused() {
        refused(tokens, TestTokens.withHeader(token, "{\"alg\":\"HS512\"}"), "HS256");
        refused(tokens, TestTokens.withHeader(token, "{\"alg\":\"RS256\"}"), "HS256");
    }

    @Test
    void aHeaderThatMustBeUnderstoodIsRefused() {
        refused(tokens, TestTokens.withHeader(token, "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}"), "");
    }

    @Test
    void aTokenOfAnotherGatewayIsRefused() {
        OperatorTokens other = new OperatorTokens(new GatewaySecret("another secret that is just as long as it"),
                TestTokens.settings(), CLOCK);

        refused(tokens, other.issue(USER, HASH).token(), "signature");
    }

    @Test
    void theGatewaySecretItselfSignsNothing() {
        refused(tokens, TestTokens.sign(JWSAlgorithm.HS256, "1",
                TestTokens.claims("7").audience("admin").claim("pwd", "x").build(), TestTokens.SECRET), "signature");
    }

    @Test
    void aVisitorTokenIsNoOperatorToken() {
        VisitorTokens visitors = new VisitorTokens(TestTokens.secret(), new RandomText(), TestTokens.settings(), CLOCK);

        refused(tokens, visitors.issue(new Caller.Visitor("7", 1, null)).token(), "signature");
    }

    @Test
    void theAudienceCountsEvenUnderTheRightKey() {
        String visitors = Jwt.sign(TestTokens.claims("7").audience("widget").claim("pwd", "x").build(),
                TestTokens.secret().key(GatewaySecret.Purpose.OPERATOR_TOKENS, "HmacSHA256"));

        refused(tokens, visitors, "audience");
    }

    @Test
    void whatIsNoTokenIsRefused() {
        for (String nonsense : List.of("", ".", "..", "a.b.c", "ümlaut", "x".repeat(10_000), "null", "\0",
                "eyJhbGciOiJIUzI1NiJ9.bm8ganNvbg.AAAA")) {
            refused(tokens, nonsense, "");
        }
    }

    @Test
    void aTokenStaysOutOfText() {
        assertThat(tokens.issue(USER, HASH).toString()).doesNotContain(token);
    }

    private static void refused(OperatorTokens tokens, String token, String why) {
        assertThatExceptionOfType(ProblemException.class).as(token)
                .isThrownBy(() -> tokens.check(token))
                .satisfies(refusal -> assertThat(refusal.problem()).isEqualTo(Problem.UNAUTHORIZED))
                .withMessageContaining(why);
    }
}
