package dev.parley.gateway.dialog;

import static dev.parley.gateway.Await.await;

import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.ProcessorTime;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.database.TestConnections;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How many messages a second the log takes, against single-row inserts over the same pool: the best that one can do without
 * batches (one statement that advances the dialog and inserts, finding repeats by the unique index). Closed loop: each dialog
 * sends its next message when the last one is stored. Both take turns in one run; printed are medians, with the smallest and
 * the largest, over the rounds. Commits wait for the disk. Measures and asserts nothing.
 */
class AppendBenchmark {

    private static final int ROUNDS = Integer.getInteger("rounds", 7);
    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("seconds", 4));
    private static final int[] SENDERS = Arrays.stream(System.getProperty("senders", "1,50,500").split(","))
            .mapToInt(Integer::parseInt)
            .toArray();
    private static final String TEXT = "x".repeat(100);

    private static final String SINGLE = """
            with d as (update dialogs set last_seq = last_seq + 1, last_activity_at = now() where id = $1
                       returning last_seq, turn)
            insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)
            select $1, d.last_seq, 'user', 'v', $2, $3, d.turn, now() from d returning seq, id, created_at""";

    private final AtomicLong ids = new AtomicLong();

    private record Result(double perSecond, double medianMicros, double postgresMicros) {}

    @Test
    void measure() throws IOException {
        try (LogFixture fixture = new LogFixture()) {
            fixture.database.waitForDisk();
            ConnectionPool pool = TestConnections.open(fixture.database.url(), 20);
            StaticListableBeanFactory beans = new StaticListableBeanFactory();
            beans.addBean("desk", fixture.desk);
            MessageLog log = new MessageLog(new AppendStatement(pool, new ThisNode()), fixture.rooms,
                    beans.getBeanProvider(AnswerDesk.class),
                    LogFixture.SETTINGS, new SimpleMeterRegistry());
            List<Long> dialogs = fixture.openDialogs(500);
            Map<String, List<Result>> results = new TreeMap<>();
            System.out.printf("%d rounds of %d s each, %d processors, Java %s%n", ROUNDS, ROUND.toSeconds(),
                    Runtime.getRuntime().availableProcessors(), Runtime.version());
            for (int round = -1; round < ROUNDS; round++) { // the first is to warm up
                for (int senders : SENDERS) {
                    Result batched = run(dialogs.subList(0, senders), id -> log.append(message(id)).then());
                    Result single = run(dialogs.subList(0, senders), id -> single(pool, id));
                    if (round >= 0) {
                        results.computeIfAbsent("%3d log".formatted(senders), key -> new ArrayList<>()).add(batched);
                        results.computeIfAbsent("%3d single".formatted(senders), key -> new ArrayList<>()).add(single);
                    }
                }
            }
            print(results);
            pool.dispose();
        }
    }

    private NewMessage message(long dialog) {
        return LogFixture.fromUser(dialog, "b" + ids.incrementAndGet(), TEXT);
    }

    private Mono<Void> single(ConnectionPool pool, long dialog) {
        return Mono.usingWhen(pool.create(),
                connection -> Flux.from(connection.createStatement(SINGLE)
                        .bind("$1", dialog)
                        .bind("$2", "s" + ids.incrementAndGet())
                        .bind("$3", TEXT)
                        .execute())
                        .flatMap(result -> result.map(row -> History.require(row, "seq", Long.class)))
                        .then(),
                Connection::close);
    }

    private interface Send {
        Mono<Void> send(long dialog);
    }

    private static Result run(List<Long> dialogs, Send send) throws IOException {
        long end = System.nanoTime() + ROUND.toNanos();
        long cpu = postgresCpuMillis();
        long start = System.nanoTime();
        List<Long> nanos = await(Flux.fromIterable(dialogs)
                .flatMap(dialog -> Mono.defer(() -> {
                    long sent = System.nanoTime();
                    return send.send(dialog).then(Mono.fromSupplier(() -> System.nanoTime() - sent));
                }).repeat(() -> System.nanoTime() < end), dialogs.size())
                .collectList());
        double seconds = (System.nanoTime() - start) / 1e9;
        double[] sorted = nanos.stream().mapToDouble(n -> n / 1e3).sorted().toArray();
        return new Result(nanos.size() / seconds, sorted[sorted.length / 2],
                (postgresCpuMillis() - cpu) * 1e3 / nanos.size());
    }

    private static void print(Map<String, List<Result>> results) {
        System.out.println(
                "senders        messages/s                 latency us (median)      PostgreSQL CPU us/message");
        results.forEach((name, rounds) -> System.out.printf(Locale.ROOT, "%-10s %s   %s   %s%n", name,
                spread(rounds.stream().mapToDouble(Result::perSecond)),
                spread(rounds.stream().mapToDouble(Result::medianMicros)),
                spread(rounds.stream().mapToDouble(Result::postgresMicros))));
        for (int senders : SENDERS) {
            List<Result> log = results.getOrDefault("%3d log".formatted(senders), List.of());
            List<Result> single = results.getOrDefault("%3d single".formatted(senders), List.of());
            double[] rate = new double[log.size()];
            double[] latency = new double[log.size()];
            Arrays.setAll(rate, i -> log.get(i).perSecond() / single.get(i).perSecond());
            Arrays.setAll(latency, i -> log.get(i).medianMicros() / single.get(i).medianMicros());
            System.out.printf(Locale.ROOT, "%3d senders: rate of the log over single rows %s, latency %s%n", senders,
                    spread(DoubleStream.of(rate)), spread(DoubleStream.of(latency)));
        }
    }

    private static String spread(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        double median = sorted[sorted.length / 2];
        String format = median < 100 ? "%8.2f [%.2f-%.2f]" : "%8.0f [%.0f-%.0f]";
        return format.formatted(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** User and system time of the server's processes (Linux; else 0). */
    private static long postgresCpuMillis() throws IOException {
        return ProcessorTime.millis(TestDatabase.postgres().process());
    }
}
