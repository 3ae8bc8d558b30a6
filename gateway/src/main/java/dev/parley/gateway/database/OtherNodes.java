package dev.parley.gateway.database;

import java.util.List;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** What nodes know of each other from the database alone, by whatever else they are connected or not. */
@Component
public final class OtherNodes {

    /** One that has died said things that it may have told nobody; a minute is enough for everybody to have looked. */
    private static final String ALL_HEAR = """
            select not exists (
                select from nodes
                where id <> $1 and (not hears or alive_until < now()) and alive_until > now() - interval '1 minute')""";

    private static final String ALIVE = "select id from nodes where id <> $1 and alive_until > now()";
    private static final String LIVE = "select count(*) from nodes where alive_until > now()";

    private static final String TELL = "update nodes set hears = $2 where id = $1";

    private final DatabaseClient database;
    private final ThisNode node;

    OtherNodes(DatabaseClient database, ThisNode node) {
        this.database = database;
        this.node = node;
    }

    /** Whether all other nodes say that they hear the rest, and none of them has died just now. */
    public Mono<Boolean> allHear() {
        return database.sql(ALL_HEAR).bind("$1", node.id()).mapValue(Boolean.class).one().as(Detached::run);
    }

    /** Those that say that they live, or said so a few seconds ago. */
    public Mono<List<Long>> alive() {
        return database.sql(ALIVE).bind("$1", node.id()).mapValue(Long.class).all().collectList().as(Detached::run);
    }

    /** How many nodes live, this one among them. */
    public Mono<Long> live() {
        return database.sql(LIVE).mapValue(Long.class).one().as(Detached::run);
    }

    /** Says whether this node hears the others. Gives 0 where it is not known to live, and so could not say it. */
    public Mono<Long> tell(boolean hears) {
        return database.sql(TELL).bind("$1", node.id()).bind("$2", hears).fetch().rowsUpdated().as(Detached::run);
    }
}
