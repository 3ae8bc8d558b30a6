package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.AppendRow.require;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds repeats, judges, numbers, stores and advances any number of messages, no two of them the same.
 *
 * <p>The dialogs' rows are locked in the order of their ids, so two batches (of two nodes) cannot wait for each other in a
 * circle; what is read of a locked row is its newest version. Repeats are looked up in the statement's snapshot: one that
 * another node commits in between violates the unique index instead, the statement fails as a whole, and finds it when it is
 * tried again. Each is looked up by itself ({@code lateral}), so by the index: a plain join was planned, while there were not
 * many messages yet, to read all of them for each batch.
 */
final class AppendMany {

    private static final String SQL = AppendRow.compact("""
            with locked as materialized (
                select id, kind, mode, status, turn, last_seq from dialogs
                where id = any($1::bigint[]) order by id for no key update
            ), judged as (
                select i.*, d.last_seq, d.mode, coalesce(m.turn, d.turn) as turn,
                       m.seq as known_seq, m.id as known_id, m.created_at as known_at, m.request_id as known_request,
                       case when m.seq is not null then 'REPEATED'
                            when d.id is null then 'NO_DIALOG'
                            when d.status = 'closed' then 'CLOSED'
                            when i.must_hold <> d.turn then 'TURN_ENDED'
                            when i.sender = 'assistant' and exists (
                                select from answers where request_id = i.asked_request
                                and (ended_at is not null or node is distinct from $11)) then 'ANSWER_LOST'
                            when i.sender = 'manager' and d.mode = 'ai' and d.kind = 'support' then 'ASSISTANT_SPEAKS'
                            else 'STORED' end as verdict
                from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                            $8::text[], $9::bigint[], $10::text[]) with ordinality
                     as i(dialog_id, sender, sender_id, sender_name, client_msg_id, body, state,
                          asked_request, must_hold, asked_by, ord)
                left join locked d on d.id = i.dialog_id
                left join lateral (
                    select turn, seq, id, created_at, request_id from messages
                    where dialog_id = i.dialog_id and sender = i.sender
                      and sender_id = i.sender_id and client_msg_id = i.client_msg_id limit 1
                ) m on true
            ), numbered as materialized (
                select *, last_seq + row_number() over (partition by dialog_id, verdict order by ord) as seq,
                       case when verdict = 'STORED' then nextval('messages_id_seq') end as id,
                       date_trunc('milliseconds', clock_timestamp()) as at,
                       case when asked_by is null or mode = 'ai' then asked_request end as request_id
                from judged
            ), stored as (
                insert into messages (dialog_id, seq, id, sender, sender_id, sender_name, client_msg_id, text, state,
                                      request_id, turn, created_at)
                select dialog_id, seq, id, sender, sender_id, sender_name, client_msg_id, body, state,
                       request_id, turn, at from numbered where verdict = 'STORED'
            ), advanced as (
                update dialogs d set last_seq = n.last_seq, last_activity_at = n.at
                from (select dialog_id, max(seq) as last_seq, max(at) as at from numbered where verdict = 'STORED'
                      group by dialog_id) n
                where d.id = n.dialog_id
            ), asked as (
                insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, queued_at, node)
                select request_id, dialog_id, seq, turn, asked_by, at, $11 from numbered
                where verdict = 'STORED' and asked_by is not null and request_id is not null
            ), answered as (
                update answers a set state = coalesce(n.state, 'done'), ended_at = n.at
                from numbered n where n.verdict = 'STORED' and n.sender = 'assistant' and a.request_id = n.request_id
            )
            select ord, verdict, coalesce(known_seq, seq), coalesce(known_id, id),
                   (extract(epoch from coalesce(known_at, at)) * 1000)::bigint, turn,
                   case when verdict = 'REPEATED' then known_request else request_id end, coalesce(mode = 'ai', false)
            from numbered order by ord""");

    private AppendMany() {}

    /** @param node that gives the answers */
    static Mono<List<Append>> execute(Connection connection, List<NewMessage> messages, long node) {
        return Flux.from(connection.createStatement(SQL)
                .bind("$1", column(messages, Long[]::new, NewMessage::dialogId))
                .bind("$2", column(messages, String[]::new, message -> message.sender().word()))
                .bind("$3", column(messages, String[]::new, NewMessage::senderId))
                .bind("$4", column(messages, String[]::new, NewMessage::senderName))
                .bind("$5", column(messages, String[]::new, NewMessage::clientMsgId))
                .bind("$6", column(messages, String[]::new, NewMessage::text))
                .bind("$7", column(messages, String[]::new, message -> AppendRow.word(message.state())))
                .bind("$8", column(messages, String[]::new, NewMessage::requestId))
                .bind("$9", column(messages, Long[]::new, NewMessage::turn))
                .bind("$10", column(messages, String[]::new, NewMessage::askedBy))
                .bind("$11", node)
                .execute())
                .concatMap(result -> result.map(row -> outcome(row, messages)))
                .collectList();
    }

    private static Append outcome(Readable row, List<NewMessage> messages) {
        NewMessage message = messages.get(Math.toIntExact(require(row, 0, Long.class)) - 1);
        return switch (require(row, 1, String.class)) {
            case "STORED" -> stored(row, message, false);
            case "REPEATED" -> stored(row, message, true);
            case String verdict -> Append.Refused.valueOf(verdict);
        };
    }

    private static Append stored(Readable row, NewMessage message, boolean repeated) {
        return new Append.Stored(AppendRow.message(row, 2, message, row.get(6, String.class)), repeated,
                require(row, 7, Boolean.class));
    }

    private static <T> T[] column(List<NewMessage> messages, IntFunction<T[]> array,
            Function<NewMessage, ? extends @Nullable Object> field) {
        return messages.stream().map(field).toArray(array);
    }
}
