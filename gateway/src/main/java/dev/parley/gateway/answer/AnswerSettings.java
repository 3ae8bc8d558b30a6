package dev.parley.gateway.answer;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How answers are run.
 *
 * @param maxConcurrent answers running at a time
 * @param maxPerUser answers of one user waiting and running; what is asked beyond is stored but not answered
 * @param perUserPerMinute answers that one user may ask for in a minute; 0: as many as it likes
 * @param batchPatience after which an answer that nobody waits for becomes as urgent as the rest
 * @param maxWaiting answers waiting at a time; a message that comes when there are so many is stored but not answered
 * @param timeout longest time of an answer, from its start; milliseconds when a bare number, as all times here
 * @param firstTokenTimeout longest silence of a loaded model before its first word
 * @param idleTimeout longest silence between two words
 * @param loadTimeout longest silence before the first word where the model may have to be loaded first
 * @param deltaWindow pieces that come within this time of one another are told of together; 0 tells of each at once
 */
@Validated
@ConfigurationProperties("parley.answers")
public record AnswerSettings(@DefaultValue("5") @Min(1) @Max(500) int maxConcurrent,
        @DefaultValue("3") @Min(1) @Max(10_000) int maxPerUser,
        @DefaultValue("20") @Min(0) @Max(1_000_000) int perUserPerMinute,
        @DefaultValue("30s") @DurationMin Duration batchPatience,
        @DefaultValue("1000") @Min(0) @Max(100_000) int maxWaiting,
        @DefaultValue("300s") @DurationMin(seconds = 1) Duration timeout,
        @DefaultValue("60s") @DurationMin(millis = 1) Duration firstTokenTimeout,
        @DefaultValue("30s") @DurationMin(millis = 1) Duration idleTimeout,
        @DefaultValue("300s") @DurationMin(millis = 1) Duration loadTimeout,
        @DefaultValue("40ms") @DurationMin Duration deltaWindow) {}
