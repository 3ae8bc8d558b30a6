package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LoginThrottleTests {

    private static final InetAddress HOME = InetAddress.ofLiteral("192.0.2.1");

    private Instant now = TestTokens.NOW;
    private final LoginThrottle throttle = new LoginThrottle(() -> now);

    @Test
    void theSixthAttemptWithinAMinuteHasToWaitForTheRestOfIt() {
        attempts(5, "ada", HOME);
        now = now.plusSeconds(20);

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> throttle.attempt("ADA", HOME))
                .satisfies(refusal -> {
                    assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
                    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(40));
                });
    }

    @Test
    void afterThatMinuteThereAreFiveAgain() {
        attempts(5, "ada", HOME);
        refused("ada", HOME);
        now = now.plus(LoginThrottle.WINDOW);

        attempts(5, "ada", HOME);
        refused("ada", HOME);
    }

    @Test
    void refusedAttemptsDoNotPutOffTheEnd() {
        attempts(5, "ada", HOME);
        for (int i = 0; i < 59; i++) {
            now = now.plusSeconds(1);
            refused("ada", HOME);
        }
        now = now.plusSeconds(1);

        attempts(1, "ada", HOME);
    }

    @Test
    void aRightPasswordOpensTheWayAgain() {
        attempts(5, "ada", HOME);
        throttle.succeeded("Ada", HOME);

        attempts(5, "ada", HOME);
    }

    @Test
    void othersAreNotHeldUp() {
        attempts(5, "ada", HOME);

        attempts(1, "bob", HOME);
        attempts(1, "ada", InetAddress.ofLiteral("192.0.2.2"));
        attempts(1, "ada", null);
    }

    @Test
    void allAddressesOfAnIpv6NetworkAreOne() {
        attempts(5, "ada", InetAddress.ofLiteral("2001:db8:0:1::1"));

        refused("ada", InetAddress.ofLiteral("2001:db8:0:1:ffff::2"));
        attempts(1, "ada", InetAddress.ofLiteral("2001:db8:0:2::1"));
    }

    private void attempts(int count, String username, @Nullable InetAddress address) {
        for (int i = 0; i < count; i++) {
            assertThatNoException().isThrownBy(() -> throttle.attempt(username, address));
        }
    }

    private void refused(String username, @Nullable InetAddress address) {
        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> throttle.attempt(username, address));
    }
}
