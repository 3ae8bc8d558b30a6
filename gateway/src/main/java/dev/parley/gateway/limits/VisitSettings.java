package dev.parley.gateway.limits;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How often visitors may come.
 *
 * @param openedPerAddressPerMinute dialogs that one address may open in a minute; 0: as many as it likes
 */
@Validated
@ConfigurationProperties("parley.dialogs")
record VisitSettings(@DefaultValue("20") @Min(0) @Max(1_000_000) int openedPerAddressPerMinute) {}
