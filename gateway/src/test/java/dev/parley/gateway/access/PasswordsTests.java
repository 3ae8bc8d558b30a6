package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class PasswordsTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Passwords passwords = new Passwords();

    @AfterEach
    void close() {
        passwords.close();
    }

    @Test
    void aHashSaysHowItWasMadeAndMatchesOnlyItsPassword() {
        StepVerifier.create(passwords.hash("correct horse").flatMapMany(hash -> {
            assertThat(hash).startsWith("{bcrypt}$2").doesNotContain("correct");
            return Flux.concat(passwords.matches("correct horse", hash), passwords.matches("correct mule", hash));
        })).expectNext(true, false).expectComplete().verify(TIMEOUT);
    }

    /** BlockHound would fail this test if it were not so. */
    @Test
    void anEventLoopMayAsk() {
        StepVerifier
                .create(Mono.defer(() -> passwords.matchesNobody("whatever it is")).subscribeOn(Schedulers.parallel()))
                .expectNext(false)
                .expectComplete()
                .verify(TIMEOUT);
    }

    @Test
    void lengthIsMeasuredInBytes() {
        assertThat(Passwords.isAllowed("123456789")).isFalse();
        assertThat(Passwords.isAllowed("1234567890")).isTrue();
        assertThat(Passwords.isAllowed("ääääääääää".substring(0, 5))).isTrue();
        assertThat(Passwords.isAllowed("x".repeat(72))).isTrue();
        assertThat(Passwords.isAllowed("ä".repeat(37))).isFalse();
    }

    @Test
    void tooManyAtOnceAreToldToComeBack() {
        StepVerifier.create(Flux.range(0, 1_000)
                .flatMap(_ -> passwords.matchesNobody("whatever it is"), 1_000))
                .expectErrorSatisfies(
                        error -> assertThat(error).isInstanceOfSatisfying(ProblemException.class, busy -> {
                            assertThat(busy.problem()).isEqualTo(Problem.UNAVAILABLE);
                            assertThat(busy.retryAfter()).isNotNull();
                        }))
                .verify(TIMEOUT);
    }
}
