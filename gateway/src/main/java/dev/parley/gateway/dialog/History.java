package dev.parley.gateway.dialog;

import dev.parley.gateway.database.Detached;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.r2dbc.spi.Readable;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Reads the log. Every read is one statement over an index, of a bounded number of messages. */
@Component
public final class History {

    private static final String COLUMNS = """
            dialog_id, seq, id, kind, sender, sender_id, sender_name, client_msg_id, text, state, request_id, turn, \
            created_at""";

    private static final String AFTER = """
            select %s, (select last_seq from dialogs where id = $1) as newest
            from messages where dialog_id = $1 and seq > $2 order by seq limit $3""".formatted(COLUMNS);

    private static final String BEFORE = """
            select %s from messages where dialog_id = $1 and seq < $2 order by seq desc limit $3""".formatted(COLUMNS);

    private final DatabaseClient database;
    private final Counter reads;

    History(DatabaseClient database, MeterRegistry meters) {
        this.database = database;
        this.reads = Counter.builder("parley.log.reads")
                .description("Statements that read messages")
                .register(meters);
    }

    /**
     * A stretch of the log.
     *
     * @param messages oldest first
     * @param newest the seq of the newest message of the dialog, at least that of the last one here
     */
    public record Page(List<Message> messages, long newest) {}

    private record Row(Message message, long newest) {}

    /** Messages after {@code seq}, the oldest of them. */
    public Mono<Page> after(long dialogId, long seq, int limit) {
        reads.increment();
        return database.sql(AFTER)
                .bind("$1", dialogId)
                .bind("$2", seq)
                .bind("$3", limit)
                .map(row -> new Row(message(row), require(row, "newest", Long.class)))
                .all()
                .collectList()
                .map(rows -> new Page(rows.stream().map(Row::message).toList(),
                        rows.isEmpty() ? seq : rows.getLast().newest()))
                .as(Detached::run);
    }

    /** Messages before {@code seq}, the newest of them, oldest first. */
    public Mono<List<Message>> before(long dialogId, long seq, int limit) {
        reads.increment();
        return database.sql(BEFORE)
                .bind("$1", dialogId)
                .bind("$2", seq)
                .bind("$3", limit)
                .map(History::message)
                .all()
                .collectList()
                .map(History::reversed)
                .as(Detached::run);
    }

    /** How many things users have said before {@code seq}. */
    public Mono<Integer> questionsBefore(long dialogId, long seq) {
        reads.increment();
        return database.sql("select count(*)::int from messages where dialog_id = $1 and seq < $2 and sender = 'user'")
                .bind("$1", dialogId)
                .bind("$2", seq)
                .mapValue(Integer.class)
                .one()
                .as(Detached::run);
    }

    private static List<Message> reversed(List<Message> messages) {
        List<Message> copy = new ArrayList<>(messages);
        Collections.reverse(copy);
        return copy;
    }

    static Message message(Readable row) {
        String state = row.get("state", String.class);
        return new Message(require(row, "dialog_id", Long.class), require(row, "seq", Long.class),
                require(row, "id", Long.class), Message.Kind.of(require(row, "kind", String.class)),
                Sender.of(require(row, "sender", String.class)), row.get("sender_id", String.class),
                row.get("sender_name", String.class), row.get("client_msg_id", String.class),
                require(row, "text", String.class), state == null ? null : Message.State.of(state),
                row.get("request_id", String.class), require(row, "turn", Long.class),
                require(row, "created_at", OffsetDateTime.class).toInstant());
    }

    static <T> T require(Readable row, String column, Class<T> type) {
        @Nullable
        T value = row.get(column, type);
        return Objects.requireNonNull(value, column);
    }
}
