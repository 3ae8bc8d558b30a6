package dev.parley.gateway.transport;

import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.limits.RateLimits;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How much may be asked over REST.
 *
 * @param requestsPerUserPerMinute requests about dialogs that one user may make in a minute; 0: as many as it likes
 */
@Validated
@ConfigurationProperties("parley.dialogs")
record RequestSettings(@DefaultValue("3000") @Min(0) @Max(1_000_000) int requestsPerUserPerMinute) {

    /** The same for all who make it. */
    RateLimit limit(RateLimits limits) {
        return limits.limit("requests", Rate.perMinute(requestsPerUserPerMinute),
                "Too many requests: wait before you ask for more");
    }
}
