package dev.parley.gateway.database;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** The name of this process among all that work on one database, in this run of it. */
@Component
public final class ThisNode {

    /** The phase in which the database is told that this node lives, and at the stop, that it does not any more. */
    public static final int LIFE = SmartLifecycle.DEFAULT_PHASE - 1000;

    private final long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    private final AtomicInteger lapses = new AtomicInteger();

    public long id() {
        return id;
    }

    /**
     * How often others may have taken this node for dead although it was not, because it was frozen or could not reach the
     * database for too long. What was its own before may be another's since.
     */
    public int lapses() {
        return lapses.get();
    }

    void lapsed() {
        lapses.incrementAndGet();
    }
}
