package dev.parley.gateway.transport;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How connections are kept.
 *
 * @param maxPerNode connections of this node at once
 * @param maxPerDialog connections to one dialog at once
 * @param pingInterval how often a WebSocket is pinged
 * @param pongTimeout how long a WebSocket may be silent before it is dropped
 * @param writeTimeout how long a client may take nothing of what waits for it before it is dropped
 * @param maxFrameBytes largest frame that a client may send
 */
@Validated
@ConfigurationProperties("parley.connections")
record ConnectionSettings(@DefaultValue("1000") @Min(1) @Max(1_000_000) int maxPerNode,
        @DefaultValue("50") @Min(1) @Max(1_000_000) int maxPerDialog,
        @DefaultValue("25s") @DurationMin(seconds = 1) Duration pingInterval,
        @DefaultValue("40s") @DurationMin(seconds = 1) Duration pongTimeout,
        @DefaultValue("10s") @DurationMin(seconds = 1) Duration writeTimeout,
        @DefaultValue("64KB") DataSize maxFrameBytes) {}
