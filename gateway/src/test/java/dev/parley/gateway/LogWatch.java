package dev.parley.gateway;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Everything that is logged while this is open, with stack traces; some loggers tell more as long. */
public final class LogWatch extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    /** Why whoever watches has to be {@code @Isolated}. */
    public static final String ALONE = "a gateway that starts elsewhere silences all loggers for a moment";

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Logger root = LoggerFactory.getILoggerFactory() instanceof LoggerContext context
            ? context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
            : fail();
    private final List<Runnable> undo = new ArrayList<>();

    private LogWatch() {}

    /** Watches, with these loggers at this level. */
    public static LogWatch of(String name, Level level) {
        LogWatch watch = new LogWatch();
        watch.setContext(watch.root.getLoggerContext());
        watch.start();
        watch.root.addAppender(watch);
        return name.isEmpty() ? watch : watch.and(name, level);
    }

    public LogWatch and(String name, Level level) {
        Logger logger = root.getLoggerContext().getLogger(name);
        @Nullable
        Level before = logger.getLevel();
        logger.setLevel(level);
        undo.add(() -> logger.setLevel(before));
        return this;
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    protected void append(ILoggingEvent event) {
        lines.add(event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage() + " "
                + (event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy())));
    }

    @Override
    public void close() {
        root.detachAppender(this);
        undo.reversed().forEach(Runnable::run);
        stop();
    }

    private static Logger fail() {
        throw new IllegalStateException("Logback is not there");
    }
}
