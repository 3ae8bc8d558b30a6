package dev.parley.gateway.cluster;

import dev.parley.gateway.Await;
import dev.parley.gateway.TestDatabase;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.Objects;

/** What the database has at the end of a run. What is not there is empty. */
record Truth(List<Row> log, List<Answer> answers) {

    /** One message of a log. */
    record Row(long dialog, long seq, String kind, String sender, String senderId, String clientMsgId, String text,
            String state, String request) {}

    /** One answer that was asked for. */
    record Answer(long dialog, String request, String state) {

        boolean isOpen() {
            return state.equals("queued") || state.equals("running");
        }
    }

    /** A message may be asked about after it was stored; then it does not bear the answer's name itself. */
    private static final String LOG = """
            select m.*, coalesce(m.request_id, case when m.sender = 'user' then (
                select min(a.request_id) from answers a where a.dialog_id = m.dialog_id and a.in_reply_to = m.seq) end)
                as request
            from messages m order by m.dialog_id, m.seq""";

    static Truth of(TestDatabase database) {
        List<Row> log = Await.await(database.client()
                .sql(LOG)
                .map(row -> new Row(number(row, "dialog_id"), number(row, "seq"), text(row, "kind"),
                        text(row, "sender"), text(row, "sender_id"), text(row, "client_msg_id"), text(row, "text"),
                        text(row, "state"), text(row, "request")))
                .all()
                .collectList());
        List<Answer> answers = Await.await(database.client()
                .sql("select dialog_id, request_id, state from answers")
                .map(row -> new Answer(number(row, "dialog_id"), text(row, "request_id"), text(row, "state")))
                .all()
                .collectList());
        return new Truth(log, answers);
    }

    private static String text(Readable row, String column) {
        return Objects.requireNonNullElse(row.get(column, String.class), "");
    }

    private static long number(Readable row, String column) {
        return Objects.requireNonNull(row.get(column, Long.class), column);
    }
}
