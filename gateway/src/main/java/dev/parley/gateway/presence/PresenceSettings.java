package dev.parley.gateway.presence;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How long somebody who has gone is taken to be here.
 *
 * @param grace online after the last connection has gone, so that a reload or a reconnect is not noticed
 * @param pollGrace online after the last poll was answered, as the next one is under way
 * @param away away, and then offline, both from the moment when the last connection had gone
 * @param beat so often each of several nodes tells the others who is here over it
 */
@Validated
@ConfigurationProperties("parley.presence")
public record PresenceSettings(@DefaultValue("5s") @DurationMin Duration grace,
        @DefaultValue("15s") @DurationMin Duration pollGrace, @DefaultValue("30s") @DurationMin Duration away,
        @DefaultValue("20s") @DurationMin(millis = 100) Duration beat) {

    /** Who was not told of for so long is not believed to be there: two beats may be lost, or come late. */
    Duration silence() {
        return beat.multipliedBy(5).dividedBy(2);
    }
}
