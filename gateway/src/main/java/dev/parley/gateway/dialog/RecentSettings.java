package dev.parley.gateway.dialog;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What is remembered of a dialog so that those who come back need not ask the database.
 *
 * @param size newest messages remembered for each dialog that somebody follows
 * @param linger how long they are remembered after the last follower has gone
 * @param maxIdleDialogs dialogs at once that are remembered although nobody follows them
 */
@Validated
@ConfigurationProperties("parley.recent")
public record RecentSettings(@DefaultValue("100") @Min(0) @Max(1000) int size,
        @DefaultValue("60s") @DurationMin Duration linger,
        @DefaultValue("5000") @Min(0) @Max(1_000_000) int maxIdleDialogs) {}
