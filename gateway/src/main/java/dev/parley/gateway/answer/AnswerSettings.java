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
 * @param concurrent whether several may run at a time at all
 * @param adaptive whether fewer run at a time where the models cannot bear so many
 * @param breakerCalls a server of models is left alone for a time when half of so many requests have failed; 0: never
 * @param retries tries after the first one, as long as no word was said
 * @param maxPerUser answers of one user waiting and running; what is asked beyond is stored but not answered
 * @param perUserPerMinute answers that one user may ask for in a minute; 0: as many as it likes
 * @param batchPatience after which an answer that nobody waits for becomes as urgent as the rest
 * @param maxWaiting answers waiting at a time; a message that comes when there are so many is stored but not answered
 * @param timeout longest time of an answer, from its start; milliseconds when a bare number, as all times here
 * @param firstTokenTimeout longest silence of a loaded model before its first word
 * @param idleTimeout longest silence between two words
 * @param loadTimeout longest time of a model's load
 * @param deltaWindow pieces that come within this time of one another are told of together; 0 tells of each at once
 * @param cacheTtl for so long the answer to a dialog's first question is given to whoever asks the same; 0: it is not
 */
@Validated
@ConfigurationProperties("parley.answers")
public record AnswerSettings(@DefaultValue("5") @Min(1) @Max(500) int maxConcurrent,
        @DefaultValue("true") boolean concurrent,
        @DefaultValue("true") boolean adaptive,
        @DefaultValue("5") @Min(0) @Max(1000) int breakerCalls,
        @DefaultValue("2") @Min(0) @Max(10) int retries,
        @DefaultValue("3") @Min(1) @Max(10_000) int maxPerUser,
        @DefaultValue("20") @Min(0) @Max(1_000_000) int perUserPerMinute,
        @DefaultValue("30s") @DurationMin Duration batchPatience,
        @DefaultValue("1000") @Min(0) @Max(100_000) int maxWaiting,
        @DefaultValue("300s") @DurationMin(seconds = 1) Duration timeout,
        @DefaultValue("60s") @DurationMin(millis = 1) Duration firstTokenTimeout,
        @DefaultValue("30s") @DurationMin(millis = 1) Duration idleTimeout,
        @DefaultValue("300s") @DurationMin(millis = 1) Duration loadTimeout,
        @DefaultValue("40ms") @DurationMin Duration deltaWindow,
        @DefaultValue("0") @DurationMin Duration cacheTtl) {

    /** So many answers run at a time where the models bear it. */
    public int mostAtOnce() {
        return concurrent ? maxConcurrent : 1;
    }
}
