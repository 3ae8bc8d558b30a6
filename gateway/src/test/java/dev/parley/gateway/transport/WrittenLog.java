package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.transport.Conversations.Opened;
import java.util.List;
import java.util.Objects;

/** What stands in the table of messages, in the order of a dialog's log. */
final class WrittenLog {

    private WrittenLog() {}

    /** @param commit the same for all that were committed together */
    record Row(String clientMsgId, long seq, String commit) {}

    /** What people said. */
    static List<Row> ofPeople(TestDatabase database, Opened dialog) {
        return await(database.client()
                .sql("""
                        select client_msg_id, seq, xmin::text as commit from messages
                        where dialog_id = $1 and sender in ('user', 'manager') order by seq""")
                .bind("$1", dialog.dialogId())
                .map(row -> new Row(Objects.requireNonNull(row.get("client_msg_id", String.class)),
                        Objects.requireNonNull(row.get("seq", Long.class)),
                        Objects.requireNonNull(row.get("commit", String.class))))
                .all()
                .collectList());
    }

    /** The {@code client_msg_id} of what people said. */
    static List<String> names(TestDatabase database, Opened dialog) {
        return ofPeople(database, dialog).stream().map(Row::clientMsgId).toList();
    }

    /** The {@code client_msg_id} of what people said, and the kind of what else happened. */
    static List<String> said(TestDatabase database, Opened dialog) {
        return texts(database, """
                select case kind when 'message' then client_msg_id else kind end from messages
                where dialog_id = $1 and sender <> 'assistant' order by seq""", dialog);
    }

    static List<String> kinds(TestDatabase database, Opened dialog) {
        return texts(database,
                "select kind from messages where dialog_id = $1 and sender <> 'assistant' order by seq", dialog);
    }

    private static List<String> texts(TestDatabase database, String sql, Opened dialog) {
        return await(database.client().sql(sql).bind("$1", dialog.dialogId())
                .map(row -> Objects.requireNonNull(row.get(0, String.class)))
                .all()
                .collectList());
    }
}
