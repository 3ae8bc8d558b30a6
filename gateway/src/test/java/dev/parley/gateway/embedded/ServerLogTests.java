package dev.parley.gateway.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ServerLogTests {

    private final Logger logger = (Logger) LoggerFactory.getLogger(ServerLog.NAME);
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    @BeforeEach
    void listen() {
        logger.setLevel(Level.DEBUG);
        events.start();
        logger.addAppender(events);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(events);
        logger.setLevel(null);
    }

    @Test
    void whatAServingPostgresComplainsOfIsSeen() {
        ServerLog log = log("LOG:  checkpoint complete", "WARNING:  out of luck", "ERROR:  no such table",
                "STATEMENT:  select 1", "\tfrom nowhere", "PANIC:  disk is full", "LOG:  bye");
        log.serving(true);

        log.run();

        assertThat(events.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.DEBUG, Level.WARN, Level.WARN,
                Level.WARN, Level.WARN, Level.ERROR, Level.DEBUG);
    }

    @Test
    void complaintsWhileItStartsOrStopsAreNormal() {
        log("FATAL:  the database system is starting up").run();

        assertThat(events.list).extracting(ILoggingEvent::getLevel).containsExactly(Level.DEBUG);
    }

    @Test
    void theLastLinesAreKeptForTheCaseThatItDoesNotStart() throws InterruptedException {
        ServerLog log = ServerLog.of(output("first", "x\n".repeat(49).strip(), "last"));

        assertThat(log.allLines()).hasSize(50).doesNotContain("first").last().isEqualTo("last");
    }

    private static ServerLog log(String... lines) {
        return new ServerLog(output(lines));
    }

    private static InputStream output(String... lines) {
        return new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }
}
