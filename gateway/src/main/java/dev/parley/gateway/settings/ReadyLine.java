package dev.parley.gateway.settings;

import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** The last line of a start: which address to open. */
@Component
final class ReadyLine {

    private static final Logger log = LoggerFactory.getLogger("dev.parley.gateway.Parley");

    private final ServerProperties server;

    ReadyLine(ServerProperties server) {
        this.server = server;
    }

    @EventListener
    void tell(ApplicationReadyEvent event) {
        if (event.getApplicationContext() instanceof WebServerApplicationContext context) {
            WebServer web = context.getWebServer();
            Duration taken = event.getTimeTaken();
            if (web != null && taken != null) {
                log.info("Parley is ready: open {}://{}:{}/ (started in {} s)",
                        Ssl.isEnabled(server.getSsl()) ? "https" : "http", host(), web.getPort(),
                        String.format(Locale.ROOT, "%.1f", taken.toMillis() / 1000.0));
            }
        }
    }

    private String host() {
        if (server.getAddress() == null || server.getAddress().isAnyLocalAddress()
                || server.getAddress().isLoopbackAddress()) {
            return "localhost";
        }
        String address = server.getAddress().getHostAddress();
        return address.contains(":") ? "[" + address + "]" : address;
    }
}
