package dev.parley.gateway.access;

import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Tokens and origins.
 *
 * @param secret what all keys are derived from, at least 32 characters; when not given, one is made and kept in the data
 *        directory (see {@link GatewaySecret})
 * @param tokenLifetime how long an operator's token is good for
 * @param visitorTokenLifetime how long a visitor's token is good for; it can be refreshed for seven days after
 * @param openOrigins origins that every assistant allows, beside its own list; {@code *} stands for all
 */
@Validated
@ConfigurationProperties("parley.access")
record AccessSettings(@Nullable String secret,
        @DefaultValue("1h") @DurationMin(seconds = 1) @DurationMax(days = 30) Duration tokenLifetime,
        @DefaultValue("24h") @DurationMin(seconds = 1) @DurationMax(days = 30) Duration visitorTokenLifetime,
        @DefaultValue List<String> openOrigins) {

    AccessSettings {
        openOrigins = List.copyOf(openOrigins);
    }

    /** Without the secret, for it would get into logs. */
    @Override
    public String toString() {
        return "AccessSettings[tokenLifetime=%s, visitorTokenLifetime=%s, openOrigins=%s]".formatted(tokenLifetime,
                visitorTokenLifetime, openOrigins);
    }
}
