package dev.parley.gateway.presence;

import dev.parley.gateway.ProcessorTime;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.dialog.Sender;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;

/**
 * What it costs PostgreSQL to keep how far somebody has read: write-ahead log and processor time for a row, by how many are
 * written together. Measures and asserts nothing; docker/CAPACITY.md reckons with it.
 */
class ReceiptsBenchmark {

    private static final int DIALOGS = Integer.getInteger("dialogs", 100_000);
    private static final int WRITTEN = Integer.getInteger("written", 20_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);

    private final TestDatabase database = TestDatabase.fresh();
    private final Random random = new Random(7);

    @Test
    void measure() throws IOException {
        try (database) {
            database.waitForDisk();
            KeptInTables kept = new KeptInTables(database.client());
            write(kept, IntStream.rangeClosed(1, DIALOGS).boxed().toList(), 1, 1000);
            database.execute("vacuum analyze receipts");
            int seq = 2;
            for (int round = 1; round <= ROUNDS; round++) {
                for (int batch : List.of(10, 100, 1000)) {
                    TestDatabase.fresh().close(); // which makes a checkpoint
                    print("after a checkpoint", kept, seq++, batch);
                    print("later", kept, seq++, batch);
                }
            }
            System.out.printf(Locale.ROOT, "a row: %.0f bytes%n",
                    number("select pg_total_relation_size('receipts')") / DIALOGS);
        }
    }

    private void print(String when, KeptInTables kept, int seq, int batch) throws IOException {
        List<Integer> dialogs = new ArrayList<>(IntStream.rangeClosed(1, DIALOGS).boxed().toList());
        Collections.shuffle(dialogs, random);
        double wal = wal();
        long cpu = ProcessorTime.millis(TestDatabase.postgres().process());
        write(kept, dialogs.subList(0, WRITTEN), seq, batch);
        System.out.printf(Locale.ROOT, "%d rows a statement, %s: WAL %.0f bytes, PostgreSQL CPU %.1f us a row%n", batch,
                when,
                (wal() - wal) / WRITTEN,
                (ProcessorTime.millis(TestDatabase.postgres().process()) - cpu) * 1e3 / WRITTEN);
    }

    private static void write(KeptInTables kept, List<Integer> dialogs, int seq, int batch) {
        Instant now = Instant.now();
        for (int from = 0; from < dialogs.size(); from += batch) {
            kept.write(dialogs.subList(from, Math.min(dialogs.size(), from + batch))
                    .stream()
                    .map(id -> new Kept.Row(id, new Person(Sender.USER, "k7mfq93xth2harvd4mzp0a"), null,
                            Mark.NONE.moveTo(seq, now), Mark.NONE.moveTo(seq, now), now))
                    .toList()).block();
        }
    }

    private double wal() {
        return number("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
    }

    private double number(String sql) {
        return Objects
                .requireNonNull(DatabaseClient.create(database.connections()).sql("select (" + sql + ")::float8 as n")
                        .map(row -> Objects.requireNonNull(row.get("n", Double.class))).one().block());
    }
}
