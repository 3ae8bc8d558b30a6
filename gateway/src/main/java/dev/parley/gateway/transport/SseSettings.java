package dev.parley.gateway.transport;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How streams of server-sent events are kept.
 *
 * @param heartbeat a comment is sent where nothing else was for so long
 * @param maxLifetime after about so long a stream ends, and its client comes back: some proxies keep all that they have sent
 */
@Validated
@ConfigurationProperties("parley.sse")
record SseSettings(@DefaultValue("15s") @DurationMin(seconds = 1) Duration heartbeat,
        @DefaultValue("10m") @DurationMin(seconds = 10) Duration maxLifetime) {}
