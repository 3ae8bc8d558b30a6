package dev.parley.gateway.dialog;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameter;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stores one message that nothing speaks against, for half of what {@link AppendMany} costs. Where something does (it is a
 * repeat, or refused) nothing is stored and nothing said: {@link AppendMany} finds out what it is. So it is with a repeat that
 * another node commits meanwhile, which this statement does not see but whose name it finds taken.
 */
final class AppendOne {

    private static final String PLAIN = sql("", "", "$8");

    private static final String QUESTION = sql("", """
            , asked as (
                insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, queued_at, node)
                select $8, $1, last_seq, turn, $9, at, $10 from dialog where ai
            )""", "case when ai then $8 end");

    private static final String ANSWER = sql("""
            and turn = $9 and not exists (select from answers where request_id = $8
                                          and (ended_at is not null or node is distinct from $10))""", """
            , answered as (
                update answers a set state = coalesce($7, 'done'), ended_at = at from dialog where a.request_id = $8
            )""", "$8");

    private static final String OF_A_HUMAN = sql(
            "and (mode = 'human' or kind = 'channel') and turn = coalesce($9, turn)",
            "", "$8");

    private static final String UNIQUE_VIOLATION = "23505";

    private AppendOne() {}

    private static String sql(String condition, String alsoDone, String requestId) {
        return AppendRow.compact("""
                with dialog as (
                    update dialogs
                    set last_seq = last_seq + 1, last_activity_at = date_trunc('milliseconds', clock_timestamp())
                    where id = $1 and status = 'open' %s
                    and not exists (select from messages where dialog_id = $1 and sender = $2 and sender_id = $3
                                                           and client_msg_id = $5)
                    returning last_seq, last_activity_at as at, turn, mode = 'ai' as ai
                ) %s
                insert into messages (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text, state,
                                      request_id, turn, created_at)
                select $1, last_seq, $2, $3, $4, $5, $6, $7, %s, turn, at from dialog
                returning seq, id, (extract(epoch from created_at) * 1000)::bigint, turn, (select ai from dialog)"""
                .formatted(condition, alsoDone,
                        requestId));
    }

    /** @param node that gives the answers */
    static Mono<Append> execute(Connection connection, NewMessage message, long node) {
        return Flux.from(bound(connection, message, node)
                .bind("$1", message.dialogId())
                .bind("$2", message.sender().word())
                .bind("$3", message.senderId())
                .bind("$4", text(message.senderName()))
                .bind("$5", message.clientMsgId())
                .bind("$6", message.text())
                .bind("$7", text(AppendRow.word(message.state())))
                .bind("$8", text(message.requestId()))
                .execute())
                .concatMap(result -> result.map(row -> stored(row, message)))
                .singleOrEmpty()
                .onErrorComplete(AppendOne::isTaken);
    }

    private static boolean isTaken(Throwable error) {
        return error instanceof R2dbcException e && UNIQUE_VIOLATION.equals(e.getSqlState());
    }

    /** The statement that such a message needs, with what no other has. */
    private static Statement bound(Connection connection, NewMessage message, long node) {
        return switch (message.sender()) {
            case ASSISTANT -> connection.createStatement(ANSWER).bind("$9", turn(message)).bind("$10", node);
            case MANAGER -> connection.createStatement(OF_A_HUMAN).bind("$9", turn(message));
            case USER -> message.askedBy() == null
                    ? connection.createStatement(PLAIN)
                    : connection.createStatement(QUESTION).bind("$9", message.askedBy()).bind("$10", node);
            case SYSTEM -> throw new IllegalArgumentException("system messages come with the change that they tell of");
        };
    }

    private static Append stored(Readable row, NewMessage message) {
        boolean assistantSpeaks = AppendRow.require(row, 4, Boolean.class);
        boolean asksInVain = message.askedBy() != null && !assistantSpeaks;
        return new Append.Stored(AppendRow.message(row, 0, message, asksInVain ? null : message.requestId()), false,
                assistantSpeaks);
    }

    private static Parameter turn(NewMessage message) {
        return Parameters.in(R2dbcType.BIGINT, message.turn());
    }

    private static Parameter text(@Nullable String value) {
        return Parameters.in(R2dbcType.VARCHAR, value);
    }
}
