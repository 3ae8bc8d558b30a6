package dev.parley.gateway.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Carries PostgreSQL's log into ours: what it tells at debug, what it warns of at warn and error. While it starts and
 * stops everything is at debug, since complaints are normal then; {@link #lines()} has the last of them for the case
 * that the start fails.
 */
final class ServerLog implements Runnable {

    private static final Logger log = LoggerFactory.getLogger("dev.parley.gateway.embedded.postgres");
    private static final int KEPT = 50;

    private final InputStream output;
    private final Deque<String> last = new ArrayDeque<>(KEPT);
    private volatile boolean serving;
    private Level level = Level.DEBUG;

    ServerLog(InputStream output) {
        this.output = output;
    }

    /** Whether the server is expected to serve, so that its complaints matter. */
    void serving(boolean expected) {
        serving = expected;
    }

    List<String> lines() {
        synchronized (last) {
            return List.copyOf(last);
        }
    }

    @Override
    public void run() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                keep(line);
                level = levelOf(line);
                log.atLevel(serving ? level : Level.DEBUG).log(line);
            }
        } catch (IOException e) {
            log.debug("The end of PostgreSQL's log: {}", e.toString());
        }
    }

    private void keep(String line) {
        synchronized (last) {
            if (last.size() == KEPT) {
                last.removeFirst();
            }
            last.addLast(line);
        }
    }

    private Level levelOf(String line) {
        int colon = line.indexOf(':');
        return switch (colon < 0 ? "" : line.substring(0, colon)) {
            case "PANIC", "FATAL" -> Level.ERROR;
            // A statement's own failure: whoever sent it is told, too.
            case "ERROR", "WARNING" -> Level.WARN;
            case "LOG", "INFO", "NOTICE", "DEBUG" -> Level.DEBUG;
            // HINT, STATEMENT and further lines belong to the line before.
            default -> level;
        };
    }
}
