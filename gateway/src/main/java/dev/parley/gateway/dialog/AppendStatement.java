package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.History.require;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The one statement by which users, operators and assistants speak: it finds repeats, judges, numbers, stores and advances
 * any number of messages at once, and commits.
 *
 * <p>It is a statement and not a transaction of several, so a batch costs one round trip and one plan, whatever its size. The
 * dialogs' rows are locked in the order of their ids, so two batches (of two nodes) cannot wait for each other in a circle;
 * what is read of a locked row is its newest version. Repeats are looked up in the statement's snapshot: one that another node
 * commits in between violates the unique index instead, the statement fails as a whole, and finds it when it is tried again.
 */
@Component
final class AppendStatement {

    private static final String SQL = """
            with input as materialized (
                select i.*, min(ord) over (partition by dialog_id, sender, sender_id, client_msg_id) as first_ord
                from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                            $8::text[], $9::bigint[], $10::text[]) with ordinality
                     as i(dialog_id, sender, sender_id, sender_name, client_msg_id, body, state,
                          request_id, must_hold, asked_by, ord)
            ), locked as materialized (
                select id, kind, mode, status, turn, last_seq from dialogs
                where id = any($1::bigint[]) order by id for no key update
            ), judged as materialized (
                select i.*, d.turn, d.last_seq, d.mode, m.seq as known_seq, m.id as known_id,
                       m.created_at as known_at, m.request_id as known_request, m.turn as known_turn,
                       case when m.seq is not null then 'REPEATED'
                            when d.id is null then 'NO_DIALOG'
                            when d.status = 'closed' then 'CLOSED'
                            when i.must_hold <> d.turn then 'TURN_ENDED'
                            when i.sender = 'manager' and d.mode = 'ai' and d.kind = 'support' then 'ASSISTANT_SPEAKS'
                            else 'STORED' end as verdict
                from input i
                left join locked d on d.id = i.dialog_id
                left join messages m on m.dialog_id = i.dialog_id and m.sender = i.sender
                                    and m.sender_id = i.sender_id and m.client_msg_id = i.client_msg_id
            ), fresh as materialized (
                select j.*, j.last_seq + row_number() over (partition by dialog_id order by ord) as seq,
                       case when asked_by is null or mode = 'ai' then request_id end as kept_request,
                       date_trunc('milliseconds', clock_timestamp()) as at
                from judged j where verdict = 'STORED' and ord = first_ord
            ), stored as (
                insert into messages (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text, state,
                                      request_id, turn, created_at)
                select dialog_id, seq, sender, sender_id, sender_name, client_msg_id, body, state,
                       kept_request, turn, at from fresh order by ord
                returning dialog_id, seq, id
            ), advanced as (
                update dialogs d set last_seq = f.last_seq, last_activity_at = f.at
                from (select dialog_id, max(seq) as last_seq, max(at) as at from fresh group by dialog_id) f
                where d.id = f.dialog_id
            ), asked as (
                insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, queued_at)
                select kept_request, dialog_id, seq, turn, asked_by, at from fresh
                where asked_by is not null and kept_request is not null
            ), answered as (
                update answers a set state = coalesce(f.state, 'done'), ended_at = f.at
                from fresh f where f.sender = 'assistant' and a.request_id = f.request_id
            )
            select j.ord, case when j.verdict = 'STORED' and j.ord <> j.first_ord then 'REPEATED'
                               else j.verdict end as verdict,
                   coalesce(j.known_seq, f.seq) as seq, coalesce(j.known_id, s.id) as id,
                   coalesce(j.known_at, f.at) as created_at, coalesce(j.known_turn, f.turn) as turn,
                   coalesce(j.known_request, f.kept_request) as request_id, coalesce(j.mode = 'ai', false) as ai
            from judged j
            left join fresh f on f.ord = j.first_ord
            left join stored s on s.dialog_id = f.dialog_id and s.seq = f.seq
            order by j.ord""";

    private final ConnectionFactory connections;

    AppendStatement(ConnectionFactory connections) {
        this.connections = connections;
    }

    /** Stores what may be stored, all of it or (on an error) nothing, and says what became of each, in the same order. */
    Mono<List<Append>> execute(List<NewMessage> batch) {
        return Mono.usingWhen(connections.create(), connection -> execute(connection, batch), Connection::close);
    }

    private static Mono<List<Append>> execute(Connection connection, List<NewMessage> batch) {
        return Flux.from(connection.createStatement(SQL)
                .bind("$1", column(batch, Long[]::new, NewMessage::dialogId))
                .bind("$2", column(batch, String[]::new, message -> message.sender().word()))
                .bind("$3", column(batch, String[]::new, NewMessage::senderId))
                .bind("$4", column(batch, String[]::new, NewMessage::senderName))
                .bind("$5", column(batch, String[]::new, NewMessage::clientMsgId))
                .bind("$6", column(batch, String[]::new, NewMessage::text))
                .bind("$7", column(batch, String[]::new, AppendStatement::state))
                .bind("$8", column(batch, String[]::new, NewMessage::requestId))
                .bind("$9", column(batch, Long[]::new, NewMessage::turn))
                .bind("$10", column(batch, String[]::new, NewMessage::askedBy))
                .execute())
                .concatMap(result -> result.map(row -> outcome(row, batch)))
                .collectList();
    }

    private static Append outcome(Readable row, List<NewMessage> batch) {
        NewMessage message = batch.get(Math.toIntExact(require(row, "ord", Long.class)) - 1);
        return switch (require(row, "verdict", String.class)) {
            case "STORED" -> new Append.Stored(stored(row, message), false, assistantSpeaks(row));
            case "REPEATED" -> new Append.Stored(stored(row, message), true, assistantSpeaks(row));
            case String verdict -> Append.Refused.valueOf(verdict);
        };
    }

    private static boolean assistantSpeaks(Readable row) {
        return require(row, "ai", Boolean.class);
    }

    private static Message stored(Readable row, NewMessage message) {
        return new Message(message.dialogId(), require(row, "seq", Long.class), require(row, "id", Long.class),
                Message.Kind.MESSAGE, message.sender(), message.senderId(), message.senderName(), message.clientMsgId(),
                message.text(), message.state(), row.get("request_id", String.class), require(row, "turn", Long.class),
                require(row, "created_at", OffsetDateTime.class).toInstant());
    }

    private static @Nullable String state(NewMessage message) {
        return message.state() == null ? null : message.state().word();
    }

    private static <T> T[] column(List<NewMessage> batch, java.util.function.IntFunction<T[]> array,
            Function<NewMessage, ? extends @Nullable Object> field) {
        return batch.stream().map(field).toArray(array);
    }
}
