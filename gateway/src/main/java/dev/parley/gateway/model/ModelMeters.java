package dev.parley.gateway.model;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import reactor.core.scheduler.Scheduler;

/** What can be measured of the models from outside. */
final class ModelMeters {

    private final Counter retries;
    private final Timer firstToken;
    private final DistributionSummary pace;

    ModelMeters(MeterRegistry registry, IntSupplier concurrency) {
        this.retries = Counter.builder("parley.model.retries")
                .description("Requests that were made again after a failure before the first word")
                .register(registry);
        this.firstToken = Timer.builder("parley.model.first.token")
                .description("From a request to the model's first word")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(5))
                .register(registry);
        this.pace = DistributionSummary.builder("parley.model.tokens.per.second")
                .description("How fast whole answers grew after their first word")
                .publishPercentileHistogram()
                .minimumExpectedValue(1.0)
                .maximumExpectedValue(1000.0)
                .register(registry);
        Gauge.builder("parley.model.concurrency", concurrency::getAsInt)
                .description("Answers that may run at once, as the models bear them")
                .register(registry);
    }

    void retried() {
        retries.increment();
    }

    Try begin(Scheduler clock) {
        return new Try(clock);
    }

    /** One request. */
    final class Try {

        private final Scheduler clock;
        private final long begun;
        private long spokeAt;

        private Try(Scheduler clock) {
            this.clock = clock;
            this.begun = clock.now(TimeUnit.NANOSECONDS);
        }

        void heard(ModelEvent event) {
            switch (event) {
                case ModelEvent.Text text when spokeAt == 0 -> {
                    spokeAt = clock.now(TimeUnit.NANOSECONDS);
                    firstToken.record(spokeAt - begun, TimeUnit.NANOSECONDS);
                }
                case ModelEvent.Text text -> {
                }
                case ModelEvent.Done done -> {
                    long nanos = clock.now(TimeUnit.NANOSECONDS) - spokeAt;
                    if (spokeAt != 0 && nanos > 0 && done.answerTokens() > 1) {
                        pace.record((done.answerTokens() - 1) * 1e9 / nanos);
                    }
                }
            }
        }
    }
}
