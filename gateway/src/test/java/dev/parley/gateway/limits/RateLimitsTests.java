package dev.parley.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class RateLimitsTests {

    private long now;
    private final RateLimits limits = new RateLimits(new SimpleMeterRegistry(), () -> now);

    @Test
    void whoIsRefusedIsToldWhyAndUntilWhen() {
        RateLimit limit = limits.limit("messages", Rate.perMinute(1), "Slow down");
        limit.take("ann").block();
        now = Duration.ofSeconds(20).toNanos();

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> limit.take("ann").block())
                .satisfies(refusal -> {
                    assertThat(refusal.problem()).isEqualTo(Problem.RATE_LIMITED);
                    assertThat(refusal.detail()).isEqualTo("Slow down");
                    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(40));
                });
    }

    @Test
    void nothingIsTakenBeforeSomebodyWaitsForIt() {
        RateLimit limit = limits.limit("messages", Rate.perMinute(1), "Slow down");
        limit.take("ann");
        limit.take("ann").block();
    }

    @Test
    void zeroIsNoLimit() {
        RateLimit limit = limits.limit("messages", Rate.perMinute(0), "Slow down");
        NodeLimit typing = limits.onThisNode("typing", Rate.perMinute(0));
        for (int i = 0; i < 10_000; i++) {
            limit.take("ann").block();
            assertThat(typing.allows("ann")).isTrue();
        }
    }

    @Test
    void eachLimitHasBucketsOfItsOwnAndCountsWhomItRefused() {
        RateLimit messages = limits.limit("messages", Rate.perMinute(1), "Slow down");
        RateLimit connections = limits.limit("connections", Rate.perMinute(1), "Slow down");
        NodeLimit typing = limits.onThisNode("typing", Rate.perMinute(2));
        messages.take("ann").block();
        connections.take("ann").block();
        connections.take("ann").onErrorComplete().block();
        for (int i = 0; i < 5; i++) {
            assertThat(typing.allows("ann")).isEqualTo(i < 2);
        }

        assertThat(limits.refused()).isEqualTo(Map.of("messages", 0L, "connections", 1L, "typing", 3L));
    }

    @Test
    void whoComesToSeveralLimitsIsCountedByAllThatHoldItOrByNone() {
        RateLimit homes = limits.limit("homes", Rate.perMinute(2), "Too many of you");
        RateLimit people = limits.limit("people", Rate.perMinute(1), "Slow down");
        RateLimit unlimited = limits.limit("unlimited", Rate.perMinute(0), "Never");
        RateLimit.takeAll(List.of(homes.caller("home"), people.caller("ann"), unlimited.caller("ann"))).block();
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(
                        () -> RateLimit.takeAll(List.of(homes.caller("home"), people.caller("ann"))).block())
                .withMessageContaining("Slow down");
        homes.take("home").block(); // what was refused does not count
        RateLimit.takeAll(List.of(homes.caller(null), people.caller("bob"))).block();
        RateLimit.takeAll(List.of(homes.caller(null), unlimited.caller("ann"))).block();
        assertThat(people.take("bob").onErrorComplete().hasElement().block()).isFalse();
        assertThat(limits.refused()).isEqualTo(Map.of("homes", 0L, "people", 2L, "unlimited", 0L));
    }

    @Test
    void whatIsUnderWayCountsAndIsGivenBackWhereNothingCameOfIt() {
        RateLimit limit = limits.limit("messages", Rate.perMinute(1), "Slow down");
        settle(limit, work -> work.tryEmitValue("a repeat"));
        assertThat(hasRoom(limit)).isTrue();
        settle(limit, work -> work.tryEmitError(new IllegalStateException("refused")));
        assertThat(hasRoom(limit)).isTrue();
        settle(limit, work -> work.tryEmitValue("a message"));
        assertThat(hasRoom(limit)).isFalse();
    }

    private static void settle(RateLimit limit, Consumer<Sinks.One<String>> end) {
        limit.take("ann").block();
        Sinks.One<String> work = Sinks.one();
        Mono<String> settled = limit.settle("ann", work.asMono(), done -> done.equals("a message")).cache();
        settled.subscribe(done -> {}, error -> {});
        assertThat(hasRoom(limit)).as("room while it is under way").isFalse();
        end.accept(work);
        settled.onErrorComplete().block();
    }

    /** And leaves it as it is. */
    private static boolean hasRoom(RateLimit limit) {
        Mono<Boolean> taken = limit.settle("ann", Mono.just(true), done -> false);
        return Boolean.TRUE.equals(limit.take("ann").then(taken).onErrorReturn(false).block());
    }
}
