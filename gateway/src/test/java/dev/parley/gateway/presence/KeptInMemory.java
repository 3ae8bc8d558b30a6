package dev.parley.gateway.presence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Keeps rows as the table does, counts, and fails where it is told to. */
final class KeptInMemory implements Kept {

    private record Key(long dialogId, Person person) {}

    private final Map<Key, Row> rows = new LinkedHashMap<>();
    final List<List<Row>> writes = new ArrayList<>();
    int reads;
    long lastSeq = 1_000_000;
    @Nullable
    RuntimeException failure;

    @Override
    public Mono<Rows> read(long dialogId) {
        return Mono.fromSupplier(() -> {
            failIfToldTo();
            reads++;
            return new Rows(lastSeq, rows.values().stream().filter(row -> row.dialogId() == dialogId).toList());
        });
    }

    @Override
    public Mono<Void> write(List<Row> batch) {
        return Mono.fromRunnable(() -> {
            failIfToldTo();
            writes.add(batch);
            batch.forEach(row -> rows.put(new Key(row.dialogId(), row.person()), row));
        });
    }

    Row row(long dialogId, Person person) {
        return Objects.requireNonNull(rows.get(new Key(dialogId, person)));
    }

    private void failIfToldTo() {
        if (failure != null) {
            throw failure;
        }
    }
}
