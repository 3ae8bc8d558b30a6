package dev.parley.gateway.presence;

import dev.parley.gateway.database.Detached;
import dev.parley.gateway.dialog.Sender;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** The table {@code receipts}: one row for each person and dialog, and one statement for any number of them. */
@Component
final class KeptInTables implements Kept {

    private static final String READ = """
            select d.last_seq, r.sender, r.reader, r.name, r.delivered_steps, r.read_steps, r.last_seen
            from dialogs d left join receipts r on r.dialog_id = d.id where d.id = $1""";

    // In one order, so that two nodes that write the same rows cannot wait for each other in a circle.
    private static final String WRITE = """
            insert into receipts as r (dialog_id, sender, reader, name, delivered_seq, read_seq, delivered_steps,
                                       read_steps, at, last_seen)
            select dialog_id, sender, reader, name, delivered_seq, read_seq,
                   string_to_array(delivered_steps, ' ')::bigint[], string_to_array(read_steps, ' ')::bigint[], at,
                   last_seen
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
                        $8::text[], $9::timestamptz[], $10::timestamptz[])
                 as i(dialog_id, sender, reader, name, delivered_seq, read_seq, delivered_steps, read_steps, at,
                      last_seen)
            order by dialog_id, sender, reader
            on conflict (dialog_id, sender, reader) do update set
                name = coalesce(excluded.name, r.name),
                delivered_seq = greatest(r.delivered_seq, excluded.delivered_seq),
                read_seq = greatest(r.read_seq, excluded.read_seq),
                delivered_steps = case when excluded.delivered_seq > r.delivered_seq
                                       then excluded.delivered_steps else r.delivered_steps end,
                read_steps = case when excluded.read_seq > r.read_seq
                                  then excluded.read_steps else r.read_steps end,
                at = greatest(r.at, excluded.at),
                last_seen = greatest(r.last_seen, excluded.last_seen)""".replaceAll("\\s+", " ");

    private final DatabaseClient database;

    KeptInTables(DatabaseClient database) {
        this.database = database;
    }

    private record Found(long lastSeq, @Nullable Row row) {}

    @Override
    public Mono<Rows> read(long dialogId) {
        return database.sql(READ)
                .bind("$1", dialogId)
                .map(row -> new Found(Objects.requireNonNull(row.get("last_seq", Long.class)), row(dialogId, row)))
                .all()
                .collectList()
                .map(found -> new Rows(found.isEmpty() ? 0 : found.getFirst().lastSeq(),
                        found.stream().map(Found::row).filter(Objects::nonNull).toList()))
                .as(Detached::run);
    }

    private static @Nullable Row row(long dialogId, Readable row) {
        String sender = row.get("sender", String.class);
        if (sender == null) {
            return null;
        }
        OffsetDateTime lastSeen = row.get("last_seen", OffsetDateTime.class);
        return new Row(dialogId,
                new Person(Sender.valueOf(sender.toUpperCase(Locale.ROOT)),
                        Objects.requireNonNull(row.get("reader", String.class))),
                row.get("name", String.class), mark(row, "delivered_steps"), mark(row, "read_steps"),
                lastSeen == null ? null : lastSeen.toInstant());
    }

    private static Mark mark(Readable row, String column) {
        return Mark.of(Objects.requireNonNull(row.get(column, Long[].class)));
    }

    @Override
    public Mono<Void> write(List<Row> rows) {
        return database.sql(WRITE)
                .bind("$1", column(rows, Long[]::new, Row::dialogId))
                .bind("$2", column(rows, String[]::new, row -> row.person().sender().word()))
                .bind("$3", column(rows, String[]::new, row -> row.person().id()))
                .bind("$4", column(rows, String[]::new, Row::name))
                .bind("$5", column(rows, Long[]::new, row -> row.delivered().seq()))
                .bind("$6", column(rows, Long[]::new, row -> row.read().seq()))
                .bind("$7", column(rows, String[]::new, row -> row.delivered().text()))
                .bind("$8", column(rows, String[]::new, row -> row.read().text()))
                .bind("$9", column(rows, OffsetDateTime[]::new, row -> utc(lastMove(row))))
                .bind("$10", column(rows, OffsetDateTime[]::new, row -> utc(row.lastSeen())))
                .then()
                .as(Detached::run);
    }

    private static @Nullable Instant lastMove(Row row) {
        // What is read is delivered, so one of the two has moved whenever the other has.
        Instant delivered = row.delivered().at();
        Instant read = row.read().at();
        return read != null && (delivered == null || read.isAfter(delivered)) ? read : delivered;
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    private static <T> T[] column(List<Row> rows, IntFunction<T[]> array,
            Function<Row, ? extends @Nullable Object> field) {
        return rows.stream().map(field).toArray(array);
    }
}
