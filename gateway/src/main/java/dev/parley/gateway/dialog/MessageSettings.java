package dev.parley.gateway.dialog;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How messages are taken and read.
 *
 * @param maxTextBytes longest text of a message, in bytes of UTF-8
 * @param perUserPerMinute messages that one user may send in a minute; 0: as many as it likes
 * @param perAddressPerMinute messages that may come from one address in a minute; 0: as many as it likes
 * @param maxPendingPerDialog messages of one dialog that may wait for the database before senders are told to slow down
 * @param batchSize messages written by one statement at most
 * @param pageSize messages of a page of history where the client does not say
 * @param replayLimit how far behind a follower may be and still be replayed to
 */
@Validated
@ConfigurationProperties("parley.messages")
public record MessageSettings(@DefaultValue("2048") DataSize maxTextBytes,
        @DefaultValue("60") @Min(0) @Max(1_000_000) int perUserPerMinute,
        @DefaultValue("600") @Min(0) @Max(1_000_000) int perAddressPerMinute,
        @DefaultValue("1000") @Min(1) @Max(100_000) int maxPendingPerDialog,
        @DefaultValue("100") @Min(1) @Max(1000) int batchSize, @DefaultValue("20") @Min(1) @Max(100) int pageSize,
        @DefaultValue("1000") @Min(1) @Max(100_000) int replayLimit) {}
