package dev.parley.gateway.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Carries PostgreSQL's log into ours: what it tells at debug, what it complains of at warn and error. While it starts and
 * stops everything is at debug, since complaints are normal then.
 */
final class ServerLog implements Runnable {

    static final String NAME = "dev.parley.gateway.embedded.postgres";

    private static final Logger log = LoggerFactory.getLogger(NAME);
    private static final int KEPT = 50;
    private static final Duration REST = Duration.ofSeconds(1);

    private final InputStream output;
    private final Thread reader;
    private final Deque<String> last = new ArrayDeque<>(KEPT);
    private volatile boolean serving;
    private Level level = Level.DEBUG;

    ServerLog(InputStream output) {
        this.output = output;
        this.reader = Thread.ofPlatform().daemon().name("postgres-log").unstarted(this);
    }

    /** Reads in a thread of its own until the server's last process has ended. */
    static ServerLog of(InputStream output) {
        ServerLog log = new ServerLog(output);
        log.reader.start();
        return log;
    }

    /** Whether the server is expected to serve, so that its complaints matter. */
    void serving(boolean expected) {
        serving = expected;
    }

    /** The last lines of a server that has ended. */
    List<String> allLines() throws InterruptedException {
        reader.join(REST);
        synchronized (last) {
            return List.copyOf(last);
        }
    }

    @Override
    public void run() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                keep(line);
                level = levelOf(line, level);
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

    private static Level levelOf(String line, Level before) {
        int colon = line.indexOf(':');
        return switch (colon < 0 ? "" : line.substring(0, colon)) {
            case "PANIC" -> Level.ERROR;
            // The failure of one statement or one connection: whoever it belongs to is told, too.
            case "FATAL", "ERROR", "WARNING" -> Level.WARN;
            case "LOG", "INFO", "NOTICE", "DEBUG" -> Level.DEBUG;
            // HINT, STATEMENT and further lines belong to the line before.
            default -> before;
        };
    }
}
