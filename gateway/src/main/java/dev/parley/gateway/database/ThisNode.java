package dev.parley.gateway.database;

import java.util.concurrent.ThreadLocalRandom;
import org.springframework.stereotype.Component;

/** The name of this process among all that work on one database, in this run of it. */
@Component
public final class ThisNode {

    private final long id = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);

    public long id() {
        return id;
    }
}
