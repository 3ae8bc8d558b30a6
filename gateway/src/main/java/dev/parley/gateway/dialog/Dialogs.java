package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.History.require;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.problem.Problem;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Finds, lists and opens dialogs, always for a caller and never beyond what the caller may know of. */
@Component
public final class Dialogs {

    private static final String INSERT = """
            insert into dialogs (assistant_id, site_id, visitor_id, client_dialog_id, visitor_name, visitor_email, page_url)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (visitor_id, coalesce(site_id, 0), assistant_id, client_dialog_id)
                where client_dialog_id is not null do nothing
            returning id""";

    private static final String KNOWN = """
            select id from dialogs where visitor_id = $1 and coalesce(site_id, 0) = coalesce($2, 0)
            and assistant_id = $3 and client_dialog_id = $4""";

    /** Since it was asked for last; and in all, for it is told as it was then. */
    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final Duration REMEMBERED_AT_MOST = Duration.ofMinutes(10);
    private static final int MAX_REMEMBERED = 20_000;

    private final DatabaseClient database;
    private final Cache<Asked, Dialog> found = Caffeine.newBuilder().maximumSize(MAX_REMEMBERED)
            .expireAfterAccess(REMEMBERED).expireAfterWrite(REMEMBERED_AT_MOST).executor(Runnable::run).build();

    private record Asked(Caller caller, long dialogId) {}

    Dialogs(DatabaseClient database) {
        this.database = database;
    }

    /** What a visitor says of itself when it opens a dialog. */
    public record Opening(@Nullable String clientDialogId, @Nullable String name, @Nullable String email,
            @Nullable String pageUrl) {}

    /** @param created false where the same {@code clientDialogId} of the same visitor had opened it before */
    public record Opened(Dialog dialog, boolean created) {}

    /** The dialog, or {@link Problem#NOT_FOUND} where there is none or the caller may not know of it. */
    public Mono<Dialog> find(Caller caller, long dialogId) {
        return database.sql("%s where d.id = $3 and %s".formatted(DialogRows.SELECT, DialogRows.reachableBy(caller)))
                .bind("$1", caller.id())
                .bind("$2", DialogRows.scopeOf(caller))
                .bind("$3", dialogId)
                .map(DialogRows::dialog)
                .one()
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable)
                .switchIfEmpty(Mono.error(() -> Problem.NOT_FOUND.with("There is no dialog %d".formatted(dialogId))));
    }

    /**
     * As {@link #find}, for those who ask again and again: the dialog may be told as it was ten minutes ago. Whose it is and
     * to whom it belongs has not changed since, for that never does.
     */
    public Mono<Dialog> findAgain(Caller caller, long dialogId) {
        Asked asked = new Asked(caller, dialogId);
        Dialog known = found.getIfPresent(asked);
        return known == null ? find(caller, dialogId).doOnNext(dialog -> found.put(asked, dialog)) : Mono.just(known);
    }

    /** Opens a dialog of this visitor or site user with an assistant. */
    public Mono<Opened> open(Caller caller, long assistantId, Opening opening) {
        Long siteId = caller instanceof Caller.SiteUser user ? user.siteId() : null;
        return database.sql(INSERT)
                .bind("$1", assistantId)
                .bind("$2", Parameters.in(R2dbcType.BIGINT, siteId))
                .bind("$3", caller.id())
                .bind("$4", text(opening.clientDialogId()))
                .bind("$5", text(opening.name()))
                .bind("$6", text(opening.email()))
                .bind("$7", text(opening.pageUrl()))
                .map(row -> require(row, "id", Long.class))
                .one()
                .map(id -> new Found(id, true))
                .switchIfEmpty(Mono.defer(() -> known(caller, siteId, assistantId, opening)))
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable)
                .flatMap(found -> find(caller, found.id()).map(dialog -> new Opened(dialog, found.created())));
    }

    private record Found(long id, boolean created) {}

    private Mono<Found> known(Caller caller, @Nullable Long siteId, long assistantId, Opening opening) {
        return database.sql(KNOWN)
                .bind("$1", caller.id())
                .bind("$2", Parameters.in(R2dbcType.BIGINT, siteId))
                .bind("$3", assistantId)
                .bind("$4", text(opening.clientDialogId()))
                .map(row -> new Found(require(row, "id", Long.class), false))
                .one();
    }

    /**
     * The caller's dialogs, newest activity first.
     *
     * @param after where the page before ended
     */
    public Mono<List<Dialog>> list(Caller caller, DialogFilter filter, DialogFilter.@Nullable Place after, int limit) {
        return filter.query(database, caller, after, limit)
                .map(DialogRows::dialog)
                .all()
                .collectList()
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    /** Those of these dialogs of visitors that are there, in no order. */
    public Mono<List<Dialog>> all(Collection<Long> ids) {
        return database.sql(DialogRows.SELECT + " where d.id = any($1) and d.kind = 'support'")
                .bind("$1", ids.toArray(Long[]::new))
                .map(DialogRows::dialog)
                .all()
                .collectList()
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    /** How far a dialog has come. */
    public record Standing(long turn, long lastSeq) {}

    /** How it stands with the dialog when nobody changes it any more. Fails where that takes long, and may be asked again. */
    public Mono<Standing> standing(long dialogId) {
        return database.sql("select turn, last_seq from dialogs where id = $1 for share")
                .bind("$1", dialogId)
                .map(row -> new Standing(require(row, "turn", Long.class), require(row, "last_seq", Long.class)))
                .one()
                .as(Detached::run);
    }

    static io.r2dbc.spi.Parameter text(@Nullable String value) {
        return Parameters.in(R2dbcType.VARCHAR, value);
    }
}
