package dev.parley.gateway.cluster;

import dev.parley.gateway.dialog.EventBus;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.stereotype.Component;

/**
 * Whether this node hears the others. One that does not is degraded, and still ready: it stores, acknowledges and delivers
 * what is said there, and finds the rest in the log. To be taken out of service for it would, where Redis is away, take all
 * nodes out.
 */
@ManyNodes
@Component("bus")
final class BusHealth implements HealthIndicator {

    private static final Status DEGRADED = new Status("DEGRADED", "goes on alone");

    private final EventBus bus;

    BusHealth(EventBus bus) {
        this.bus = bus;
    }

    @Override
    public Health health() {
        return bus.isWhole()
                ? Health.up().build()
                : Health.status(DEGRADED)
                        .withDetail("reason",
                                "this node does not hear the others through Redis and finds what they say in the"
                                        + " log every two seconds")
                        .build();
    }
}
