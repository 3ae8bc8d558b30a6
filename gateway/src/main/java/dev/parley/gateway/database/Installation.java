package dev.parley.gateway.database;

import java.time.Duration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.util.retry.Retry;

/** The database as one of several: what is kept of it elsewhere bears its name. */
@Component
public final class Installation {

    private static final String NAME = "select name from installation";
    private static final Duration START = Duration.ofSeconds(30);
    private static final int TRIES = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final DatabaseClient database;

    Installation(DatabaseClient database) {
        this.database = database;
    }

    /** The name, which stays for as long as the database does. Waits for it, so it is for the start alone. */
    public String name() {
        return database.sql(NAME).mapValue(String.class).one()
                .as(Detached::run)
                .retryWhen(Retry.fixedDelay(TRIES, PAUSE).filter(DatabaseFailures::away))
                .blockOptional(START)
                .orElseThrow(() -> new IllegalStateException("The table \"installation\" has lost its row: restore it"
                        + " with \"insert into installation default values\""));
    }
}
