package dev.parley.gateway.benchmark;

import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.benchmark.SharedNodes.Dialogs;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How much later a message comes to those who follow its dialog on another node than to those on its own, and what it takes to
 * have the clients of a node that was killed whole again on the other. Two gateways, Redis, PostgreSQL and all clients are on
 * one machine. Asserts nothing about speed.
 */
class AcrossNodesBenchmark {

    private static final int DIALOGS = 50;
    private static final int RATE = Integer.getInteger("rate", 1_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int SECONDS = Integer.getInteger("seconds", 20);
    private static final int WARMUP = Integer.getInteger("warmup", 40);
    private static final int CLIENTS = Integer.getInteger("clients", 5_000);
    private static final Duration STORM = Duration.ofSeconds(10);
    private static final int AT_ONCE = 64;

    @TempDir
    private Path data = Path.of("");

    private final HttpClient http = HttpClient.newHttpClient();
    private final TestDatabase database = TestDatabase.fresh();
    private String token = "";

    /** When each message was sent, and when it came, in nanoseconds; its number is its text. */
    private static final class Times {

        final long[] sent;
        final long[] near;
        final long[] far;

        Times(int count) {
            sent = new long[count];
            near = new long[count];
            far = new long[count];
        }

        void print(int round) {
            long[] here = IntStream.range(0, sent.length).mapToLong(i -> near[i] - sent[i]).sorted().toArray();
            long[] there = IntStream.range(0, sent.length).mapToLong(i -> far[i] - sent[i]).sorted().toArray();
            long[] between = IntStream.range(0, sent.length).mapToLong(i -> far[i] - near[i]).sorted().toArray();
            long lost = Arrays.stream(far).filter(time -> time == 0).count();
            System.out.printf(Locale.ROOT,
                    "round %d, %d messages a second, ms: own node p50 %.2f p99 %.2f; other node p50 %.2f p99 %.2f (%.2f times);"
                            + " later on the other p50 %.2f p99 %.2f; lost %d%n",
                    round, RATE, at(here, 0.5), at(here, 0.99), at(there, 0.5), at(there, 0.99),
                    at(there, 0.99) / at(here, 0.99), at(between, 0.5), at(between, 0.99), lost);
        }

        private static double at(long[] sorted, double part) {
            return sorted[(int) (part * (sorted.length - 1))] / 1e6;
        }
    }

    @Test
    void measure() throws Exception {
        database.waitForDisk();
        try (RedisProcess redis = RedisProcess.start();
                ServerProcess one = new SharedNodes(data, database, redis).start("one");
                ServerProcess other = new SharedNodes(data, database, redis).start("other")) {
            Dialogs opened = new SharedNodes(data, database, redis).dialogs(one, http, DIALOGS + CLIENTS);
            token = opened.token();
            List<Long> dialogs = opened.ids();
            crossing(one, other, dialogs.subList(0, DIALOGS));
            storm(one, other, dialogs.subList(DIALOGS, dialogs.size()));
        } finally {
            database.close();
            http.close();
        }
    }

    private void crossing(ServerProcess one, ServerProcess other, List<Long> dialogs) throws Exception {
        if (ROUNDS == 0) {
            return;
        }
        Times warmup = new Times(WARMUP * RATE);
        talk(one, other, dialogs, warmup);
        for (int round = 1; round <= ROUNDS; round++) {
            Times times = new Times(SECONDS * RATE);
            talk(one, other, dialogs, times);
            times.print(round);
        }
    }

    private void talk(ServerProcess one, ServerProcess other, List<Long> dialogs, Times times) throws Exception {
        List<RawWebSocket> senders = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<RawWebSocket> followers = new ArrayList<>();
            List<Future<?>> readers = new ArrayList<>();
            int each = times.sent.length / DIALOGS;
            for (long dialog : dialogs) {
                senders.add(socket(one, dialog, false));
                RawWebSocket near = socket(one, dialog, true);
                RawWebSocket far = socket(other, dialog, true);
                followers.addAll(List.of(near, far));
                RawWebSocket sender = senders.getLast();
                var _ = threads.submit(() -> drain(sender));
                readers.add(threads.submit(() -> read(near, each, times.near)));
                readers.add(threads.submit(() -> read(far, each, times.far)));
            }
            send(senders, times.sent);
            for (Future<?> reader : readers) {
                reader.get();
            }
            senders.forEach(RawWebSocket::close);
            followers.forEach(RawWebSocket::close);
        }
    }

    private RawWebSocket socket(ServerProcess node, long dialog, boolean echo) throws IOException {
        RawWebSocket socket = RawWebSocket.open(Wire.to(SharedNodes.address(node)),
                "/ws/widget/dialogs/" + dialog + "?echo=" + echo, token);
        while (!socket.nextText().contains("\"hello\"")) {
            // What the other node has heard of it comes first on none.
        }
        return socket;
    }

    /** At a steady rate, whether they are delivered or not. */
    private static void send(List<RawWebSocket> senders, long[] sent) throws IOException {
        long start = System.nanoTime();
        for (int i = 0; i < sent.length; i++) {
            long due = start + i * 1_000_000_000L / RATE;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            sent[i] = System.nanoTime();
            senders.get(i % DIALOGS).text("{\"type\":\"message\",\"client_msg_id\":\"%d-%d\",\"text\":\"%d\"}"
                    .formatted(start, i, i));
        }
    }

    private static void drain(RawWebSocket socket) {
        try {
            while (true) {
                socket.nextText();
            }
        } catch (IOException closed) {
            // It was closed at the end.
        }
    }

    private static boolean read(RawWebSocket socket, int count, long[] came) throws IOException {
        for (int i = 0; i < count;) {
            String event = socket.nextText();
            if (event.contains("\"type\":\"message\"")) {
                int at = event.indexOf("\"text\":\"") + 8;
                came[Integer.parseInt(event, at, event.indexOf('"', at), 10)] = System.nanoTime();
                i++;
            }
        }
        return true;
    }

    /** All come to a node that is killed; each then comes to the other within ten seconds, one message behind. */
    private void storm(ServerProcess one, ServerProcess other, List<Long> dialogs) throws Exception {
        follow(one, dialogs, Duration.ZERO);
        double reads = logReads(other);
        ProcessHandle.of(one.pid()).orElseThrow().destroyForcibly();
        long start = System.nanoTime();
        follow(other, dialogs, STORM);
        System.out.printf(Locale.ROOT,
                "storm: %d clients whole %.1f s after their node was killed; %.0f reads of the log%n",
                dialogs.size(), (System.nanoTime() - start) / 1e9, logReads(other) - reads);
    }

    private void follow(ServerProcess node, List<Long> dialogs, Duration over) throws Exception {
        try (ExecutorService threads = over.isZero()
                ? Executors.newFixedThreadPool(AT_ONCE)
                : Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> whole = new ArrayList<>();
            for (int i = 0; i < dialogs.size(); i++) {
                long dialog = dialogs.get(i);
                Duration after = over.multipliedBy(i).dividedBy(dialogs.size());
                whole.add(threads.submit(() -> {
                    Thread.sleep(after);
                    Follower follower = Follower
                            .since(new FollowedDialog(SharedNodes.address(node), "widget", dialog, token, true, 0),
                                    SharedNodes.MESSAGES - 1);
                    follower.start(Carrier.WEB_SOCKET);
                    follower.judge().await("the newest message", judge -> judge.last() == SharedNodes.MESSAGES);
                    return true;
                }));
            }
            for (Future<?> each : whole) {
                each.get();
            }
        }
    }

    private double logReads(ServerProcess node) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(SharedNodes.address(node) + "/actuator/prometheus")).build(),
                HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith("parley_log_reads_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
