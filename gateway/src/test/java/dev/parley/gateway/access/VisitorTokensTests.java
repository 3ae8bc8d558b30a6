package dev.parley.gateway.access;

import static dev.parley.gateway.access.TestTokens.CLOCK;
import static dev.parley.gateway.access.TestTokens.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.access.Caller.Visitor;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class VisitorTokensTests {

    private static final Visitor VISITOR = new Visitor("v_1", 3, "Zoë");

    private final VisitorTokens tokens = tokens(CLOCK);
    private final String token = tokens.issue(VISITOR).token();

    private static VisitorTokens tokens(InstantSource clock) {
        return new VisitorTokens(TestTokens.secret(), new RandomText(), TestTokens.settings(), clock);
    }

    @Test
    void aTokenGivesItsVisitorBack() {
        assertThat(tokens.check(token)).isEqualTo(new Session(VISITOR, NOW.plus(Duration.ofHours(24))));
    }

    @Test
    void aVisitorNeedsNoName() {
        Visitor nameless = new Visitor("v_2", 3, null);

        assertThat(tokens.check(tokens.issue(nameless).token()).caller()).isEqualTo(nameless);
    }

    @Test
    void newVisitorsAreNeverTheSame() {
        Visitor one = tokens.newVisitor(3, null);
        Visitor other = tokens.newVisitor(3, null);

        assertThat(one.id()).isNotEqualTo(other.id()).hasSizeGreaterThanOrEqualTo(22);
        assertThat(one.assistantId()).isEqualTo(3);
    }

    @Test
    void anExpiredTokenIsRefusedAndSaysWhatToDo() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> tokens(TestTokens.at(Duration.ofHours(24))).check(token))
                .withMessageContaining("POST /api/widget/token");
    }

    @Test
    void aTokenCanBeRefreshedForSevenDaysAfterItsEnd() {
        Duration end = Duration.ofHours(24);

        assertThat(tokens.checkForRefresh(token).caller()).isEqualTo(VISITOR);
        assertThat(tokens(TestTokens.at(end.plusDays(7).minusMillis(1))).checkForRefresh(token).caller())
                .isEqualTo(VISITOR);
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> tokens(TestTokens.at(end.plusDays(7))).checkForRefresh(token))
                .withMessageContaining("too long ago");
    }

    @Test
    void anOperatorTokenIsNoVisitorToken() {
        OperatorTokens operators = new OperatorTokens(TestTokens.secret(), TestTokens.settings(), CLOCK);
        String operator = operators.issue(new User(3, "a", "A", Set.of(Caller.Role.ADMIN), false, NOW, NOW), "hash")
                .token();

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> tokens.check(operator))
                .withMessageContaining("signature");
    }

    @Test
    void aTokenThatWasGoodBeforeIsRefusedAfterItsEnd() {
        AtomicReference<Instant> now = new AtomicReference<>(NOW);
        VisitorTokens watched = tokens(now::get);

        assertThat(watched.check(token).caller()).isEqualTo(VISITOR);
        now.set(NOW.plus(Duration.ofHours(24)));
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> watched.check(token))
                .withMessageContaining("expired");
    }

    @Test
    void aForgedTokenIsNotRefreshed() {
        String forged = TestTokens.withPayload(token, """
                {"sub":"v_9","assistant":3,"aud":"widget","exp":4102444800}""");

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> tokens.checkForRefresh(forged));
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> tokens.checkForRefresh(TestTokens.unsigned(token)));
    }

    @Test
    void theAudienceCountsEvenUnderTheRightKey() {
        String operators = Jwt.sign(TestTokens.claims("v_1").audience("admin").claim("assistant", 3).build(),
                TestTokens.secret().key(GatewaySecret.Purpose.VISITOR_TOKENS, "HmacSHA256"));

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> tokens.check(operators))
                .withMessageContaining("audience");
    }
}
