package dev.parley.gateway.transport;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the gateway goes away.
 *
 * @param drain over so long clients are asked to come back, each at a time of its own
 */
@Validated
@ConfigurationProperties("parley.shutdown")
record ShutdownSettings(@DefaultValue("30s") @DurationMin(seconds = 0) @DurationMax(minutes = 10) Duration drain) {}
