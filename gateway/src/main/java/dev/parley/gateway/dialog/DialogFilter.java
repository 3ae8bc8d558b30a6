package dev.parley.gateway.dialog;

import dev.parley.gateway.access.Caller;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Which dialogs a list is to have; what is absent does not limit it.
 *
 * @param assignee the operator who has taken them over
 * @param text is found in the visitor's name, address or page
 */
public record DialogFilter(Dialog.@Nullable Status status, Dialog.@Nullable Mode mode, @Nullable Long assignee,
        @Nullable String text) {

    public static final DialogFilter ALL = new DialogFilter(null, null, null, null);

    /** Where a page of a list ended, as it stands in the list's order. */
    public record Place(Instant lastActivityAt, long id) {}

    DatabaseClient.GenericExecuteSpec query(DatabaseClient database, Caller caller, @Nullable Place after, int limit) {
        String sql = """
                %s where %s
                and ($3::text is null or d.status = $3) and ($4::text is null or d.mode = $4)
                and ($5::bigint is null or d.assignee_id = $5)
                and ($6::text is null or position(lower($6) in lower(concat_ws(' ', d.visitor_name, d.visitor_email,
                                                                               d.page_url))) > 0)
                and ($7::timestamptz is null or (d.last_activity_at, d.id) < ($7, $8::bigint))
                order by d.last_activity_at desc, d.id desc limit $9""".formatted(DialogRows.SELECT,
                DialogRows.reachableBy(caller));
        return database.sql(sql)
                .bind("$1", caller.id())
                .bind("$2", DialogRows.scopeOf(caller))
                .bind("$3", Dialogs.text(status == null ? null : status.word()))
                .bind("$4", Dialogs.text(mode == null ? null : mode.word()))
                .bind("$5", Parameters.in(R2dbcType.BIGINT, assignee))
                .bind("$6", Dialogs.text(text))
                .bind("$7", Parameters.in(R2dbcType.TIMESTAMP_WITH_TIME_ZONE,
                        after == null ? null : after.lastActivityAt().atOffset(ZoneOffset.UTC)))
                .bind("$8", Parameters.in(R2dbcType.BIGINT, after == null ? null : after.id()))
                .bind("$9", limit);
    }
}
