package dev.parley.gateway.transport;

import jakarta.validation.constraints.AssertTrue;
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
 * @param framesPerMinute frames that one WebSocket may bring in a minute; 0: as many as it likes
 * @param outboxSoftBytes so much may wait for a client before what is ephemeral is merged
 * @param outboxHardBytes so much may wait before all is dropped, and read again from the log when the client reads again
 * @param compression whether WebSockets are compressed for clients that ask for it; it costs about 88 KB a connection
 */
@Validated
@ConfigurationProperties("parley.connections")
record ConnectionSettings(@DefaultValue("1000") @Min(1) @Max(1_000_000) int maxPerNode,
        @DefaultValue("50") @Min(1) @Max(1_000_000) int maxPerDialog,
        @DefaultValue("25s") @DurationMin(seconds = 1) Duration pingInterval,
        @DefaultValue("40s") @DurationMin(seconds = 1) Duration pongTimeout,
        @DefaultValue("10s") @DurationMin(seconds = 1) Duration writeTimeout,
        @DefaultValue("64KB") DataSize maxFrameBytes,
        @DefaultValue("3000") @Min(0) @Max(1_000_000) int framesPerMinute,
        @DefaultValue("256KB") DataSize outboxSoftBytes,
        @DefaultValue("1MB") DataSize outboxHardBytes,
        @DefaultValue("false") boolean compression) {

    /** Less would not hold the replay of a few large messages. */
    private static final DataSize SMALLEST_OUTBOX = DataSize.ofKilobytes(64);

    @AssertTrue(message = "outbox-hard-bytes has to be at least 64KB, and not less than outbox-soft-bytes")
    boolean isOutboxLargeEnough() {
        return outboxHardBytes.compareTo(SMALLEST_OUTBOX) >= 0 && outboxHardBytes.compareTo(outboxSoftBytes) >= 0;
    }

    Outbox.Limits outbox() {
        return new Outbox.Limits(outboxSoftBytes.toBytes(), outboxHardBytes.toBytes());
    }
}
