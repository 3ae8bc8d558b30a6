package dev.parley.gateway.dialog;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What is remembered of a dialog so that those who come back need not ask the database.
 *
 * @param size newest messages remembered for each dialog that somebody follows
 */
@Validated
@ConfigurationProperties("parley.recent")
public record RecentSettings(@DefaultValue("100") @Min(0) @Max(1000) int size) {}
