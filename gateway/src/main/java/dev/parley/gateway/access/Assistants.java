package dev.parley.gateway.access;

import dev.parley.gateway.access.Assistant.Backend;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.problem.Problem;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * The assistants. Cancelling what these methods return does not cancel the statement; a missing id is {@code NOT_FOUND}
 * except in {@link #find}.
 */
@Component
public final class Assistants {

    private static final String COLUMNS = """
            id, name, greeting, system_prompt, backend, model, allowed_origins, disabled, created_at, updated_at""";

    private static final String INSERT = """
            insert into assistants (name, greeting, system_prompt, backend, model, allowed_origins)
            values ($1, coalesce($2, ''), coalesce($3, ''), coalesce($4, 'ollama'), nullif($5, ''), coalesce($6, '{}'))
            returning\s"""
            + COLUMNS;

    private static final String UPDATE = """
            update assistants set name = coalesce($1, name), greeting = coalesce($2, greeting),
                   system_prompt = coalesce($3, system_prompt), backend = coalesce($4, backend),
                   model = nullif(coalesce($5, model), ''), allowed_origins = coalesce($6, allowed_origins),
                   updated_at = now()
            where id = $7 returning\s""" + COLUMNS;

    private final DatabaseClient database;
    private final ShortMemory<Assistant> memory = new ShortMemory<>();
    /** Of one entry, with id 0. */
    private final ShortMemory<Set<String>> origins = new ShortMemory<>();

    Assistants(DatabaseClient database) {
        this.database = database;
    }

    /**
     * The assistant with this id, or nothing: cheap, and at most five seconds old. A disabled one is found, too; look at
     * {@link Assistant#disabled()} before anything is started with it.
     */
    public Mono<Assistant> find(long id) {
        return memory.get(id, () -> select(id));
    }

    /** All origins that some assistant allows: cheap, and at most five seconds old. */
    Mono<Set<String>> allOrigins() {
        return origins.get(0, () -> database.sql("""
                select distinct origin from assistants, unnest(allowed_origins) as origin where not disabled""")
                .mapValue(String.class)
                .all()
                .collect(Collectors.toUnmodifiableSet()));
    }

    /** The assistant as it is now. */
    public Mono<Assistant> read(long id) {
        return select(id).as(Detached::run).switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    /** Up to {@code limit} assistants with ids after {@code afterId}, in the order of their ids. */
    public Mono<List<Assistant>> list(long afterId, int limit) {
        return database.sql("select " + COLUMNS + " from assistants where id > $1 order by id limit $2")
                .bind("$1", afterId)
                .bind("$2", limit)
                .map(Assistants::assistant)
                .all()
                .collectList()
                .as(Detached::run);
    }

    public Mono<Assistant> create(AssistantChange first) {
        return bind(INSERT, first).map(Assistants::assistant)
                .one()
                .doOnTerminate(() -> origins.forget(0))
                .as(Detached::run);
    }

    public Mono<Assistant> change(long id, AssistantChange change) {
        return changed(id, bind(UPDATE, change).bind("$7", id));
    }

    public Mono<Assistant> setDisabled(long id, boolean disabled) {
        return changed(id, database.sql(
                "update assistants set disabled = $1, updated_at = now() where id = $2 returning " + COLUMNS)
                .bind("$1", disabled)
                .bind("$2", id));
    }

    private Mono<Assistant> changed(long id, DatabaseClient.GenericExecuteSpec update) {
        return update.map(Assistants::assistant)
                .one()
                .doOnTerminate(() -> {
                    memory.forget(id);
                    origins.forget(0);
                })
                .as(Detached::run)
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    private DatabaseClient.GenericExecuteSpec bind(String sql, AssistantChange change) {
        return database.sql(sql)
                .bind("$1", Rows.text(change.name()))
                .bind("$2", Rows.text(change.greeting()))
                .bind("$3", Rows.text(change.systemPrompt()))
                .bind("$4", Rows.text(change.backendText()))
                .bind("$5", Rows.text(change.model()))
                .bind("$6", Rows.texts(change.origins()));
    }

    private Mono<Assistant> select(long id) {
        return database.sql("select " + COLUMNS + " from assistants where id = $1")
                .bind("$1", id)
                .map(Assistants::assistant)
                .one();
    }

    private static Assistant assistant(Readable row) {
        return new Assistant(Rows.get(row, "id", Long.class), Rows.get(row, "name", String.class),
                Rows.get(row, "greeting", String.class), Rows.get(row, "system_prompt", String.class),
                Backend.valueOf(Rows.get(row, "backend", String.class).toUpperCase(Locale.ROOT)),
                row.get("model", String.class), List.of(Rows.get(row, "allowed_origins", String[].class)),
                Rows.get(row, "disabled", Boolean.class), Rows.instant(row, "created_at"),
                Rows.instant(row, "updated_at"));
    }
}
