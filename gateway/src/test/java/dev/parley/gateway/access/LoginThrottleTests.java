package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class LoginThrottleTests {

    private static final InetAddress HOME = InetAddress.ofLiteral("192.0.2.1");

    private long now;
    private final LoginThrottle throttle = new LoginThrottle(new RateLimits(new SimpleMeterRegistry(), () -> now));

    @Test
    void theSixthWrongPasswordHasToWaitUntilThereIsAnotherGuess() {
        guessWrongly(5, "ada", HOME);
        assertThat(refused("ADA", HOME)).isEqualTo(Duration.ofSeconds(12));
        now += Duration.ofSeconds(12).toNanos();

        guessWrongly(1, "ada", HOME);
        assertThat(refused("ada", HOME)).isEqualTo(Duration.ofSeconds(12));
    }

    @Test
    void refusedAttemptsDoNotPutOffTheNextGuess() {
        guessWrongly(5, "ada", HOME);
        for (int i = 1; i < 12; i++) {
            now += Duration.ofSeconds(1).toNanos();
            assertThat(refused("ada", HOME)).isEqualTo(Duration.ofSeconds(12 - i));
        }
    }

    @Test
    void aRightPasswordIsNoGuess() {
        guessWrongly(4, "ada", HOME);
        for (int i = 0; i < 20; i++) {
            assertThat(throttle.attempt("Ada", HOME, Mono.just(Optional.of("her"))).block()).contains("her");
        }
        guessWrongly(1, "ada", HOME);
        refused("ada", HOME);
    }

    @Test
    void whatCouldNotBeCheckedIsNoGuess() {
        for (int i = 0; i < 20; i++) {
            assertThatIllegalStateException().isThrownBy(() -> throttle.attempt("ada", HOME,
                    Mono.error(new IllegalStateException("the database is away"))).block());
        }
        guessWrongly(5, "ada", HOME);
    }

    @Test
    void manyAtOnceGiveNoMoreGuesses() {
        Sinks.One<Optional<String>> check = Sinks.one();
        for (int i = 0; i < 5; i++) {
            throttle.attempt("ada", HOME, check.asMono()).subscribe();
        }
        refused("ada", HOME);
    }

    @Test
    void othersAreNotHeldUp() {
        guessWrongly(5, "ada", HOME);

        guessWrongly(1, "bob", HOME);
        guessWrongly(1, "ada", InetAddress.ofLiteral("192.0.2.2"));
        guessWrongly(1, "ada", null);
    }

    @Test
    void allAddressesOfAnIpv6NetworkAreOne() {
        guessWrongly(5, "ada", InetAddress.ofLiteral("2001:db8:0:1::1"));

        refused("ada", InetAddress.ofLiteral("2001:db8:0:1:ffff::2"));
        guessWrongly(1, "ada", InetAddress.ofLiteral("2001:db8:0:2::1"));
    }

    private void guessWrongly(int count, String username, @Nullable InetAddress address) {
        for (int i = 0; i < count; i++) {
            assertThat(throttle.attempt(username, address, Mono.just(Optional.empty())).block()).isEmpty();
        }
    }

    private @Nullable Duration refused(String username, @Nullable InetAddress address) {
        ProblemException refusal = catchThrowableOfType(ProblemException.class,
                () -> throttle.attempt(username, address, Mono.just(Optional.empty())).block());
        assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
        return refusal.retryAfter();
    }
}
