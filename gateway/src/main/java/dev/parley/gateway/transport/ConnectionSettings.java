package dev.parley.gateway.transport;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How connections are kept.
 *
 * @param pingInterval how often a WebSocket is pinged
 * @param pongTimeout how long a WebSocket may be silent before it is dropped
 * @param writeTimeout how long a client may take nothing of what waits for it before it is dropped
 * @param maxFrameBytes largest frame that a client may send
 */
@Validated
@ConfigurationProperties("parley.connections")
record ConnectionSettings(@DefaultValue("25s") @DurationMin(seconds = 1) Duration pingInterval,
        @DefaultValue("40s") @DurationMin(seconds = 1) Duration pongTimeout,
        @DefaultValue("10s") @DurationMin(seconds = 1) Duration writeTimeout,
        @DefaultValue("64KB") DataSize maxFrameBytes) {}
