package dev.parley.gateway.presence;

import static java.util.Objects.requireNonNull;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.dialog.Dialog;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * How much somebody has still to read. Counted are the messages of all others after the reader's mark, among the newest
 * hundred of the dialog: so it is at most 100, and a page of dialogs costs one statement that reads a bounded number of rows.
 */
@Component
public final class Unread {

    private static final String COUNT = """
            select i.id, (select count(*) from messages m
                          where m.dialog_id = i.id and m.seq > greatest(d.last_seq - 100, i.read_seq, r.read_seq)
                          and m.sender <> 'system' and (m.sender, m.sender_id) is distinct from ($1, $2)) as unread
            from unnest($3::bigint[], $4::bigint[]) as i(id, read_seq)
            join dialogs d on d.id = i.id
            left join receipts r on r.dialog_id = i.id and r.sender = $1 and r.reader = $2""";

    private final DatabaseClient database;
    private final People people;

    Unread(DatabaseClient database, People people) {
        this.database = database;
        this.people = people;
    }

    private record Count(long dialogId, int unread) {}

    /** By the dialogs' ids. A mark counts from the moment when it was set, whether it is written or not. */
    public Mono<Map<Long, Integer>> of(Caller caller, List<Dialog> dialogs) {
        if (dialogs.isEmpty()) {
            return Mono.just(Map.of());
        }
        Person person = Person.of(caller);
        return database.sql(COUNT)
                .bind("$1", person.sender().word())
                .bind("$2", person.id())
                .bind("$3", dialogs.stream().map(Dialog::id).toArray(Long[]::new))
                .bind("$4",
                        dialogs.stream().map(dialog -> people.readSeq(dialog.id(), caller)).toArray(Long[]::new))
                .map(row -> new Count(requireNonNull(row.get("id", Long.class)),
                        requireNonNull(row.get("unread", Integer.class))))
                .all()
                .collectList()
                .map(counts -> counts.stream().collect(Collectors.toMap(Count::dialogId, Count::unread)))
                .as(Detached::run)
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }
}
