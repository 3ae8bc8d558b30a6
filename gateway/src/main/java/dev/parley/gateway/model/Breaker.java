package dev.parley.gateway.model;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnStateTransitionEvent;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Resilience4j's circuit breaker of one server, with the times of a gateway that has few and long requests: of the last 20,
 * five at least as a rule, half have to fail; then nothing is asked for half a minute, longer each time, and then one request tries.
 *
 * <p>Its operators for Reactor do not fit streams of minutes: there a cancel after the first word is a success and one before it
 * is nothing at all, so they would not see any of our time limits. And its own clock of the open state would not be the timer
 * of everything else.
 */
final class Breaker {

    private static final Logger log = LoggerFactory.getLogger(Breaker.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
    private static final int MOST_DOUBLINGS = 2;

    private static final int WINDOW = 20;

    private final CircuitBreaker breaker;
    private final Scheduler timer;
    private final Runnable changed;
    private final Disposable.Swap pause = Disposables.swap();
    private final AtomicInteger trying = new AtomicInteger();
    private final AtomicInteger openings = new AtomicInteger();

    /**
     * @param calls so many it takes to judge; 0: it never opens
     * @param changed called when it opens, and when it lets somebody through again
     */
    Breaker(CircuitBreakerRegistry registry, String name, int calls, Scheduler timer, Runnable changed) {
        this.breaker = registry.circuitBreaker(name, CircuitBreakerConfig.custom()
                .slidingWindow(Math.max(WINDOW, calls), Math.max(1, calls), SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(50)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitDurationInOpenState(Duration.ofDays(1)) // never by itself
                .build());
        if (calls == 0) {
            breaker.transitionToDisabledState();
        }
        this.timer = timer;
        this.changed = changed;
        breaker.getEventPublisher().onStateTransition(this::moved);
    }

    State state() {
        return breaker.getState();
    }

    /** Whether a request would be let through. */
    boolean permits() {
        return switch (breaker.getState()) {
            case CLOSED, DISABLED, METRICS_ONLY -> true;
            case HALF_OPEN -> trying.get() == 0;
            case OPEN, FORCED_OPEN -> false;
        };
    }

    /** Lets one request through, if it may be; to be followed by exactly one of the three calls below. */
    boolean tryAcquire() {
        if (!breaker.tryAcquirePermission()) {
            return false;
        }
        trying.incrementAndGet();
        return true;
    }

    void succeeded(long nanos) {
        trying.decrementAndGet();
        breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
    }

    void failed(long nanos, Throwable error) {
        trying.decrementAndGet();
        breaker.onError(nanos, TimeUnit.NANOSECONDS, error);
    }

    /** Nothing is known of the server by it. */
    void release() {
        trying.decrementAndGet();
        breaker.releasePermission();
    }

    /** What was before counts no more: the server was away, and is another one by now. */
    void forget() {
        openings.set(0);
        pause.update(Disposables.disposed());
        if (breaker.getState() != State.DISABLED) {
            breaker.reset();
        }
    }

    void close() {
        pause.dispose();
    }

    private void moved(CircuitBreakerOnStateTransitionEvent event) {
        State state = event.getStateTransition().getToState();
        switch (state) {
            case OPEN -> {
                Duration wait = FIRST_PAUSE.multipliedBy(1L << Math.min(openings.getAndIncrement(), MOST_DOUBLINGS));
                log.warn("{} fails too often: it is left alone for {} s", breaker.getName(), wait.toSeconds());
                pause.update(timer.schedule(breaker::transitionToHalfOpenState, wait.toNanos(), TimeUnit.NANOSECONDS));
            }
            case CLOSED -> {
                openings.set(0);
                log.info("{} works again", breaker.getName());
            }
            case HALF_OPEN, DISABLED, METRICS_ONLY, FORCED_OPEN -> {
            }
        }
        changed.run();
    }
}
