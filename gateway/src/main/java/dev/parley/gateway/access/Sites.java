package dev.parley.gateway.access;

import dev.parley.gateway.database.Detached;
import dev.parley.gateway.problem.Problem;
import io.r2dbc.spi.Readable;
import java.util.List;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * The sites and their secrets. Cancelling what these methods return does not cancel the statement; a missing id is
 * {@code NOT_FOUND}, an unknown assistant {@code BAD_REQUEST}.
 */
@Component
public final class Sites {

    private static final String COLUMNS = "id, name, assistant_id, disabled, created_at, updated_at";

    private final DatabaseClient database;
    private final SiteSecrets secrets;
    private final ShortMemory<Known> memory = new ShortMemory<>();

    Sites(DatabaseClient database, SiteSecrets secrets) {
        this.database = database;
        this.secrets = secrets;
    }

    /** A site and the key that it signs with, which is absent where another gateway secret sealed it. */
    record Known(Site site, @Nullable SecretKey key) {}

    /** A site with a secret that was just made, which can never be read again. */
    public record WithSecret(Site site, String secret) {

        @Override
        public String toString() {
            return "WithSecret[site=%s]".formatted(site);
        }
    }

    /** The site with this id, or nothing: cheap, and at most five seconds old. Disabled ones are found, too. */
    Mono<Known> known(long id) {
        return memory.get(id, () -> database.sql("select secret, " + COLUMNS + " from sites where id = $1")
                .bind("$1", id)
                .map(row -> new Known(site(row), secrets.open(Rows.get(row, "secret", byte[].class))))
                .one());
    }

    public Mono<Site> read(long id) {
        return database.sql("select " + COLUMNS + " from sites where id = $1")
                .bind("$1", id)
                .map(Sites::site)
                .one()
                .as(Detached::run)
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    /** Up to {@code limit} sites with ids after {@code afterId}, in the order of their ids. */
    public Mono<List<Site>> list(long afterId, int limit) {
        return database.sql("select " + COLUMNS + " from sites where id > $1 order by id limit $2")
                .bind("$1", afterId)
                .bind("$2", limit)
                .map(Sites::site)
                .all()
                .collectList()
                .as(Detached::run);
    }

    public Mono<WithSecret> create(String name, long assistantId) {
        return Mono.defer(() -> {
            String secret = secrets.create();
            return database
                    .sql("insert into sites (name, assistant_id, secret) values ($1, $2, $3) returning " + COLUMNS)
                    .bind("$1", name)
                    .bind("$2", assistantId)
                    .bind("$3", secrets.seal(secret))
                    .map(Sites::site)
                    .one()
                    .as(Detached::run)
                    .onErrorMap(DataIntegrityViolationException.class, _ -> noAssistant())
                    .map(site -> new WithSecret(site, secret));
        });
    }

    /** Gives the site a new secret; tokens signed with the old one end within five seconds. */
    public Mono<WithSecret> rotateSecret(long id) {
        return Mono.defer(() -> {
            String secret = secrets.create();
            return changed(id, database.sql(
                    "update sites set secret = $1, updated_at = now() where id = $2 returning " + COLUMNS)
                    .bind("$1", secrets.seal(secret))
                    .bind("$2", id)).map(site -> new WithSecret(site, secret));
        });
    }

    public Mono<Site> change(long id, SiteChange change) {
        return changed(id, database
                .sql("""
                        update sites set name = coalesce($1, name), assistant_id = coalesce($2, assistant_id), updated_at = now()
                        where id = $3 returning\s"""
                        + COLUMNS)
                .bind("$1", Rows.text(change.name()))
                .bind("$2", Rows.number(change.assistantId()))
                .bind("$3", id));
    }

    public Mono<Site> setDisabled(long id, boolean disabled) {
        return changed(id, database.sql(
                "update sites set disabled = $1, updated_at = now() where id = $2 returning " + COLUMNS)
                .bind("$1", disabled)
                .bind("$2", id));
    }

    private Mono<Site> changed(long id, DatabaseClient.GenericExecuteSpec update) {
        return update.map(Sites::site)
                .one()
                .doOnTerminate(() -> memory.forget(id))
                .as(Detached::run)
                .onErrorMap(DataIntegrityViolationException.class, _ -> noAssistant())
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception));
    }

    private static RuntimeException noAssistant() {
        return Problem.BAD_REQUEST.with("assistant_id: there is no such assistant");
    }

    private static Site site(Readable row) {
        return new Site(Rows.get(row, "id", Long.class), Rows.get(row, "name", String.class),
                Rows.get(row, "assistant_id", Long.class), Rows.get(row, "disabled", Boolean.class),
                Rows.instant(row, "created_at"), Rows.instant(row, "updated_at"));
    }
}
