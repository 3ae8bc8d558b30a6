package dev.parley.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails a class of tests in which a Netty buffer was collected without having been released. Netty notices that only when
 * the collector has been there; so a buffer of our own is leaked last, and what is reported until it is reported counts.
 */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ListAppender<ILoggingEvent> reports = new ListAppender<>();
    private final Logger detector = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        reports.start();
        detector.addAppender(reports);
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        // The report of our own leak is not for the console.
        detector.setAdditive(false);
        String own = "leaked by " + context.getDisplayName();
        leak(own);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (found().noneMatch(report -> report.contains(own))) {
            assertThat(System.nanoTime()).as("the leak detector finds nothing at all").isLessThan(end);
            System.gc();
            Thread.sleep(20);
            // It looks for leaks when it is asked for the next buffer.
            PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
        }
        detector.detachAppender(reports);
        detector.setAdditive(true);
        List<String> others = found().filter(report -> !report.contains("leaked by ")).toList();
        assertThat(others).as("buffers that nobody released").isEmpty();
    }

    private Stream<String> found() {
        return List.copyOf(reports.list).stream().map(ILoggingEvent::getFormattedMessage);
    }

    private static void leak(String name) {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).touch(name);
    }
}
