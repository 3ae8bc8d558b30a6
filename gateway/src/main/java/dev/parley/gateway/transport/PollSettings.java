package dev.parley.gateway.transport;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How polls are answered.
 *
 * @param defaultWait how long a poll waits for something to come where its client does not say
 * @param maxWait what a client may ask for at most; less than the patience of most proxies, which is a minute, and
 *        than that of {@code server.netty.idle-timeout}, which takes a waiting poll for nothing
 * @param linger after the first event, so that words come in handfuls
 * @param idleInterval the longest pause between two polls that do not wait
 * @param backoff by so much each pause is longer than the one before while nothing happens
 */
@Validated
@ConfigurationProperties("parley.poll")
record PollSettings(@DefaultValue("25s") @DurationMin(seconds = 1) Duration defaultWait,
        @DefaultValue("55s") @DurationMin(seconds = 1) @DurationMax(minutes = 1) Duration maxWait,
        @DefaultValue("50ms") @DurationMin @DurationMax(seconds = 5) Duration linger,
        @DefaultValue("3s") @DurationMin(millis = 100) @DurationMax(minutes = 1) Duration idleInterval,
        @DefaultValue("1.5") @DecimalMin("1.1") @DecimalMax("10") double backoff) {

    @AssertTrue(message = "default-wait may not be longer than max-wait")
    boolean isWaitPossible() {
        return defaultWait.compareTo(maxWait) <= 0;
    }
}
