package dev.parley.gateway.dialog;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameter;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.R2dbcType;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stores one message that nothing speaks against, for half of what {@link AppendMany} costs. Where something does (it is a
 * repeat, or refused) nothing is stored and nothing said: {@link AppendMany} finds out what it is.
 */
final class AppendOne {

    private static final String SQL = """
            with dialog as (
                update dialogs
                set last_seq = last_seq + 1, last_activity_at = date_trunc('milliseconds', clock_timestamp())
                where id = $1 and status = 'open' and ($9 is null or turn = $9)
                and not ($2 = 'manager' and mode = 'ai' and kind = 'support')
                and not exists (select from messages where dialog_id = $1 and sender = $2 and sender_id = $3
                                                       and client_msg_id = $5)
                returning last_seq, last_activity_at, turn, mode = 'ai' as ai,
                          case when $10 is null or mode = 'ai' then $8 end as request_id
            ), asked as (
                insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, queued_at)
                select request_id, $1, last_seq, turn, $10, last_activity_at from dialog where $10 is not null and ai
            ), answered as (
                update answers a set state = coalesce($7, 'done'), ended_at = d.last_activity_at
                from dialog d where $2 = 'assistant' and a.request_id = $8
            )
            insert into messages (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text, state,
                                  request_id, turn, created_at)
            select $1, last_seq, $2, $3, $4, $5, $6, $7, request_id, turn, last_activity_at from dialog
            returning seq, id, created_at, turn, request_id, (select ai from dialog)""";

    private AppendOne() {}

    static Mono<Append> execute(Connection connection, NewMessage message) {
        return Flux.from(connection.createStatement(SQL)
                .bind("$1", message.dialogId())
                .bind("$2", message.sender().word())
                .bind("$3", message.senderId())
                .bind("$4", text(message.senderName()))
                .bind("$5", message.clientMsgId())
                .bind("$6", message.text())
                .bind("$7", text(message.state() == null ? null : message.state().word()))
                .bind("$8", text(message.requestId()))
                .bind("$9", Parameters.in(R2dbcType.BIGINT, message.turn()))
                .bind("$10", text(message.askedBy()))
                .execute())
                .concatMap(result -> result.map(row -> AppendRow.stored(row, 0, message, false)))
                .<Append>cast(Append.class)
                .singleOrEmpty();
    }

    private static Parameter text(@Nullable String value) {
        return Parameters.in(R2dbcType.VARCHAR, value);
    }
}
