package dev.parley.gateway.settings;

import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.annotation.Profile;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Says at start that the profile {@code load} has lifted limits, and to what: nobody should run it without knowing. */
@Component
@Profile("load")
final class LoadProfileLine {

    private static final Logger log = LoggerFactory.getLogger("dev.parley.gateway.Parley");
    private static final List<String> LIFTED = List.of("parley.connections.max-per-node",
            "parley.connections.max-per-dialog", "parley.connections.new-per-address-per-minute",
            "parley.connections.frames-per-minute", "parley.messages.per-user-per-minute",
            "parley.messages.per-address-per-minute", "parley.dialogs.opened-per-address-per-minute",
            "parley.dialogs.requests-per-user-per-minute");

    private final Environment environment;

    LoadProfileLine(Environment environment) {
        this.environment = environment;
    }

    @EventListener
    void tell(ApplicationStartedEvent event) {
        log.warn("The profile load lifts limits, for load tests only (0 is no limit): {}", LIFTED.stream()
                .map(setting -> setting + "=" + environment.getProperty(setting))
                .collect(Collectors.joining(", ")));
    }
}
