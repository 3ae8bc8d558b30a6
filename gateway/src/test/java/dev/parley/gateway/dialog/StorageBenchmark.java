package dev.parley.gateway.dialog;

import dev.parley.gateway.ProcessorTime;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.TestConnections;
import dev.parley.gateway.database.ThisNode;
import io.r2dbc.pool.ConnectionPool;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What PostgreSQL has to write, keep and look up for each message: size on disk, write-ahead log and processor time, with
 * a table that is large already. Half of the messages are questions, half are answers ten times as long. Commits wait for the
 * disk here. Measures and asserts nothing; docker/CAPACITY.md reckons with it.
 */
class StorageBenchmark {

    private static final int DIALOGS = Integer.getInteger("dialogs", 200_000);
    private static final int MESSAGES_EACH = Integer.getInteger("messagesEach", 10);
    private static final int APPENDED = Integer.getInteger("appended", 4_000);
    private static final int FEW = 500;
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int[] BATCHES = {1, 5, 20, 100};
    private static final int QUESTION = 100;
    private static final int ANSWER = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Random random = new Random(7);
    private final LogFixture fixture = new LogFixture();
    private int dialogs = DIALOGS;
    private final ThisNode node = new ThisNode();
    /** Questions whose answers are to be written next. */
    private final List<NewMessage> open = new ArrayList<>();

    private record Written(double bytes, double images, double micros, double millis) {

        static Written median(List<Written> all) {
            return new Written(median(all.stream().mapToDouble(Written::bytes).toArray()),
                    median(all.stream().mapToDouble(Written::images).toArray()),
                    median(all.stream().mapToDouble(Written::micros).toArray()),
                    median(all.stream().mapToDouble(Written::millis).toArray()));
        }

        private static double median(double[] values) {
            java.util.Arrays.sort(values);
            return values[values.length / 2];
        }
    }

    @Test
    void measure() throws IOException {
        fixture.database.waitForDisk();
        ConnectionPool pool = TestConnections.open(fixture.database.url(), 4);
        DatabaseClient client = DatabaseClient.create(pool);
        try (fixture) {
            fill();
            sizes(client);
            AppendStatement statement = new AppendStatement(pool, node);
            for (int batch : BATCHES) {
                appended("questions, " + batch + " a commit", client,
                        () -> write(statement, questions(), batch));
            }
            appended("answers, 1 a commit", client, () -> answers(statement));
            lookups(client);
            pool.dispose();
        }
    }

    /** In the order in which it would come: one message of each dialog after the other, so that indexes look as they do. */
    private void fill() {
        fixture.database.execute("""
                insert into dialogs (assistant_id, visitor_id, client_dialog_id, page_url, last_seq, last_activity_at)
                select 1, substr(md5(i::text), 1, 22), md5('c' || i), 'https://shop.example/' || i, %d,
                       now() - random() * interval '30 days'
                from generate_series(1, %d) i""".formatted(MESSAGES_EACH, DIALOGS));
        for (int seq = 1; seq <= MESSAGES_EACH; seq++) {
            fixture.database.execute((seq % 2 == 1 ? """
                    insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, request_id, turn,
                                          created_at)
                    select id, %1$d, 'user', visitor_id, id || '-4123456789-2345678901-%1$d', repeat('x', %2$d),
                           gen_random_uuid(), 0, now() from dialogs order by id %% 97, id""" : """
                    with answered as (
                        insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, state, ended_at, node)
                        select request_id, dialog_id, seq, turn, 'visitor:' || sender_id, 'done', now(), 1
                        from messages where seq = %1$d - 1 returning request_id, dialog_id
                    )
                    insert into messages (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text,
                                          request_id, turn, created_at)
                    select dialog_id, %1$d, 'assistant', 'assistant', 'Ada', 'answer-' || request_id,
                           repeat('x', %2$d),
                           request_id, 0, now() from answered order by dialog_id %% 97""")
                    .formatted(seq, seq % 2 == 1 ? QUESTION : ANSWER));
        }
        fixture.database.execute("vacuum analyze");
    }

    private void sizes(DatabaseClient client) {
        long messages = (long) DIALOGS * MESSAGES_EACH;
        System.out.printf(Locale.ROOT,
                "%d messages of %d dialogs, questions of %d bytes, answers of %d; bytes a message:%n",
                messages, DIALOGS, QUESTION, ANSWER);
        client.sql(
                """
                        select c.relname, pg_table_size(c.oid) as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = 'public' and c.relkind in ('r', 'i') and pg_table_size(c.oid) > 1000000
                        order by 2 desc""")
                .map(row -> String.format(Locale.ROOT, "  %-25s %6.1f", row.get("relname", String.class),
                        (double) History.require(row, "bytes", Long.class) / messages))
                .all().toStream().forEach(System.out::println);
    }

    private List<NewMessage> questions() {
        return IntStream.range(0, APPENDED)
                .mapToObj(i -> LogFixture.question(1 + random.nextInt(dialogs), UUID.randomUUID().toString(),
                        "x".repeat(QUESTION), UUID.randomUUID().toString()))
                .toList();
    }

    private static void write(AppendStatement statement, List<NewMessage> messages, int batch) {
        Flux.fromIterable(messages).buffer(batch).concatMap(statement::execute).then().block(PATIENCE);
    }

    /** To questions that are there already, of which nothing is counted. */
    private void answers(AppendStatement statement) {
        List<NewMessage> answers = open.stream()
                .map(question -> LogFixture.answer(question.dialogId(), Objects.requireNonNull(question.requestId()),
                        "x".repeat(ANSWER), 0))
                .toList();
        open.clear();
        write(statement, answers, 1);
    }

    /**
     * To any dialogs right after a checkpoint, when each page is written as a whole when it is touched first; and to a few
     * dialogs whose pages were touched already.
     */
    private void appended(String what, DatabaseClient client, Runnable work) throws IOException {
        List<Written> first = new ArrayList<>();
        List<Written> then = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            dialogs = DIALOGS;
            prepare(what);
            TestDatabase.fresh().close(); // to drop a database makes a checkpoint
            first.add(measured(client, work));
            dialogs = FEW;
            write(new AppendStatement(fixture.database.connections(), node), questions(), 100);
            prepare(what);
            then.add(measured(client, work));
        }
        print(what + ", any dialog, after a checkpoint", first);
        print(what + ", " + FEW + " dialogs, later", then);
    }

    private void prepare(String what) {
        if (what.startsWith("answers")) {
            List<NewMessage> questions = questions();
            open.addAll(questions);
            write(new AppendStatement(fixture.database.connections(), node), questions, 100);
        }
    }

    private static void print(String what, List<Written> rounds) {
        Written median = Written.median(rounds);
        System.out.printf(Locale.ROOT,
                "%-45s WAL %6.0f bytes, of it whole pages %6.0f; PostgreSQL CPU %5.0f us [%.0f-%.0f]; %.3f ms a message%n",
                what, median.bytes, median.images, median.micros,
                rounds.stream().mapToDouble(Written::micros).min().orElse(0),
                rounds.stream().mapToDouble(Written::micros).max().orElse(0), median.millis);
    }

    private Written measured(DatabaseClient client, Runnable work) throws IOException {
        settle();
        double[] before = wal(client);
        long cpu = cpuMillis();
        long start = System.nanoTime();
        work.run();
        double millis = (System.nanoTime() - start) / 1e6;
        double micros = (cpuMillis() - cpu) * 1e3;
        settle();
        double[] after = wal(client);
        return new Written((after[0] - before[0]) / APPENDED, (after[1] - before[1]) * 8192 / APPENDED,
                micros / APPENDED, millis / APPENDED);
    }

    /** Backends that are idle tell their statistics after ten seconds. */
    private static void settle() {
        Mono.delay(Duration.ofSeconds(11)).block(PATIENCE);
    }

    private static double[] wal(DatabaseClient client) {
        return Objects.requireNonNull(client.sql("""
                select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes,
                       (select wal_fpi::float8 from pg_stat_wal) as images""")
                .map(row -> new double[]{History.require(row, "bytes", Double.class),
                        History.require(row, "images", Double.class)})
                .one()
                .block(PATIENCE));
    }

    private void lookups(DatabaseClient client) throws IOException {
        Caller operator = new Caller.Operator(1, "Anna", Set.of(Caller.Role.OPERATOR));
        Dialogs dialogs = new Dialogs(client);
        History history = new History(client, fixture.meters);
        looked("newest seq of 500 dialogs, for each dialog", 500.0,
                () -> client.sql("select id, last_seq from dialogs where id = any($1)")
                        .bind("$1", IntStream.range(0, 500).mapToObj(i -> 1L + random.nextInt(DIALOGS))
                                .toArray(Long[]::new))
                        .map(row -> History.require(row, "last_seq", Long.class)).all().then(),
                400);
        looked("a page of history", 1, () -> history.after(1 + random.nextInt(DIALOGS), 0, 20).then(), 10_000);
        looked("an operator's list of dialogs", 1, () -> dialogs.list(operator, DialogFilter.ALL, null, 50).then(), 10);
    }

    private void looked(String what, double things, Supplier<Mono<Void>> work, int times) throws IOException {
        List<Double> micros = new ArrayList<>();
        for (int round = -1; round < ROUNDS; round++) {
            long cpu = cpuMillis();
            Flux.range(0, times).concatMap(i -> work.get()).then().block(PATIENCE);
            if (round >= 0) {
                micros.add((cpuMillis() - cpu) * 1e3 / times / things);
            }
        }
        System.out.printf(Locale.ROOT, "%s: PostgreSQL CPU us, by round: %s%n", what, micros);
    }

    private static long cpuMillis() throws IOException {
        return ProcessorTime.millis(TestDatabase.postgres().process());
    }
}
