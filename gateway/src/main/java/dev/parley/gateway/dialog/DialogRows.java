package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.History.require;

import dev.parley.gateway.access.Caller;
import io.r2dbc.spi.Readable;
import java.time.OffsetDateTime;

/** How dialogs are read from their table, and which of them a caller may know of. */
final class DialogRows {

    static final String SELECT = """
            select d.id, d.assistant_id, a.name as assistant_name, d.site_id, d.visitor_id, d.visitor_name, d.visitor_email, d.page_url, d.mode, \
            d.status, d.needs_human, d.assignee_id, u.name as assignee_name, d.turn, d.last_seq, d.created_at, \
            d.last_activity_at from dialogs d left join users u on u.id = d.assignee_id \
            left join assistants a on a.id = d.assistant_id""";

    private DialogRows() {}

    /**
     * A condition over {@code d} that holds for the dialogs that the caller may know of, and for no other; every way to a
     * dialog goes through it. It has the parameters {@code $1} (the caller's id, text) and {@code $2} (its site or
     * assistant, bigint).
     */
    static String reachableBy(Caller caller) {
        return switch (caller) {
            case Caller.Visitor visitor -> "d.visitor_id = $1 and d.site_id is null and d.assistant_id = $2";
            case Caller.SiteUser user -> "d.visitor_id = $1 and d.site_id = $2";
            // The parameters are named so that every form of the condition has both.
            case Caller.Operator operator when operator.answersVisitors() ->
                "d.kind = 'support' and ($1::text, $2::bigint) is not null";
            case Caller.Operator member -> "false and ($1::text, $2::bigint) is not null";
        };
    }

    /** What {@code $2} of {@link #reachableBy} is. */
    static long scopeOf(Caller caller) {
        return switch (caller) {
            case Caller.Visitor visitor -> visitor.assistantId();
            case Caller.SiteUser user -> user.siteId();
            case Caller.Operator operator -> 0;
        };
    }

    static Dialog dialog(Readable row) {
        Long assignee = row.get("assignee_id", Long.class);
        return new Dialog(require(row, "id", Long.class), row.get("assistant_id", Long.class),
                row.get("assistant_name", String.class), row.get("site_id", Long.class),
                row.get("visitor_id", String.class),
                row.get("visitor_name", String.class), row.get("visitor_email", String.class),
                row.get("page_url", String.class), Dialog.Mode.of(require(row, "mode", String.class)),
                Dialog.Status.of(require(row, "status", String.class)), require(row, "needs_human", Boolean.class),
                assignee == null ? null : new Dialog.Assignee(assignee, require(row, "assignee_name", String.class)),
                require(row, "turn", Long.class), require(row, "last_seq", Long.class),
                require(row, "created_at", OffsetDateTime.class).toInstant(),
                require(row, "last_activity_at", OffsetDateTime.class).toInstant());
    }
}
