package dev.parley.gateway.benchmark;

import dev.parley.gateway.ProcessorTime;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.benchmark.SharedNodes.Dialogs;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Wire;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/**
 * What it costs a cluster that many clients come at once to a node, each to its own dialog and one message behind: processor
 * time of the node, of PostgreSQL and of Redis for each of them. Each two waves are of dialogs that nobody has followed before:
 * first they come to one node, which reads the log, then to the other, as if the first had died, which asks Redis. The waves
 * become cheaper as the node's compilers go on. Measures and asserts nothing about speed; docker/CAPACITY.md reckons with it.
 */
class OpeningBenchmark {

    private static final int CLIENTS = Integer.getInteger("clients", 3_000);
    private static final int WAVES = Integer.getInteger("waves", 8);
    /** Rooms that nobody is in are remembered for a minute. */
    private static final Duration FORGOTTEN = Duration.ofSeconds(75);
    private static final Duration HELD = Duration.ofSeconds(Integer.getInteger("held", 60));
    private static final int DIALOGS = CLIENTS * Math.ceilDiv(WAVES, 2);
    private static final int AT_ONCE = Integer.getInteger("atOnce", 64);

    @TempDir
    private Path data = Path.of("");

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void measure() throws Exception {
        TestDatabase database = TestDatabase.fresh();
        try (RedisProcess redis = RedisProcess.start();
                ServerProcess one = new SharedNodes(data, database, redis).start("one");
                ServerProcess other = new SharedNodes(data, database, redis).start("other")) {
            Dialogs dialogs = new SharedNodes(data, database, redis).dialogs(one, http, DIALOGS);
            for (int wave = 1; wave <= WAVES; wave++) {
                int first = (wave - 1) / 2 * CLIENTS;
                wave(wave, wave % 2 == 0 ? other : one, redis, dialogs.ids().subList(first, first + CLIENTS),
                        dialogs.token());
            }
        } finally {
            database.close();
            http.close();
        }
    }

    private void wave(int number, ServerProcess node, RedisProcess redis,
            List<Long> dialogs,
            String token) throws Exception {
        List<Follower> followers = dialogs.stream()
                .map(id -> Follower.since(new FollowedDialog(SharedNodes.address(node), "widget", id, token, true, 0),
                        SharedNodes.MESSAGES - 1))
                .toList();
        long gateway = millis(node.pid());
        long postgres = ProcessorTime.millis(TestDatabase.postgres().process());
        long store = millis(redis.pid());
        long start = System.nanoTime();
        forAll(followers, follower -> {
            follower.start(Carrier.WEB_SOCKET);
            follower.judge().await("the newest message", judge -> judge.last() == SharedNodes.MESSAGES);
        });
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(Locale.ROOT,
                "wave %d: CPU ms for each of %d clients: gateway %.3f, PostgreSQL %.3f, Redis %.3f; all whole in %.1f s%n",
                number, CLIENTS, (double) (millis(node.pid()) - gateway) / CLIENTS,
                (double) (ProcessorTime.millis(TestDatabase.postgres().process()) - postgres) / CLIENTS,
                (double) (millis(redis.pid()) - store) / CLIENTS, seconds);
        if (number == WAVES) {
            hold("all connected", node, redis);
        }
        forAll(followers, follower -> follower.stop(Wire.Ending.RESET));
        if (number == WAVES) {
            hold("nobody connected", node, redis);
        }
    }

    /** What they cost that are only there: pings, sweeps, and the beats by which nodes tell who is here. */
    private void hold(String who, ServerProcess node, RedisProcess redis) throws Exception {
        Mono.delay(FORGOTTEN).block();
        double heap = heapAfterCollection(node);
        long gateway = millis(node.pid());
        long postgres = ProcessorTime.millis(TestDatabase.postgres().process());
        long store = millis(redis.pid());
        Mono.delay(HELD).block();
        System.out.printf(Locale.ROOT,
                "%s, %d s: CPU ms a second: gateway %.2f, PostgreSQL (for both nodes) %.2f, Redis %.2f; heap %.1f MB%n",
                who, HELD.toSeconds(), (double) (millis(node.pid()) - gateway) / HELD.toSeconds(),
                (double) (ProcessorTime.millis(TestDatabase.postgres().process()) - postgres) / HELD.toSeconds(),
                (double) (millis(redis.pid()) - store) / HELD.toSeconds(), heap);
    }

    private double heapAfterCollection(ServerProcess node) throws IOException, InterruptedException {
        if (new ProcessBuilder(node.collectGarbage()).start().waitFor() != 0) {
            throw new IllegalStateException("the garbage was not collected");
        }
        return http.send(HttpRequest.newBuilder(URI.create(SharedNodes.address(node) + "/actuator/prometheus")).build(),
                HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) / 1024 / 1024)
                .sum();
    }

    private static long millis(long pid) throws IOException {
        return ProcessorTime.millis(ProcessHandle.of(pid).orElseThrow());
    }

    private interface Work {
        void on(Follower follower) throws Exception;
    }

    private static void forAll(List<Follower> all, Work work) throws Exception {
        Semaphore hands = new Semaphore(AT_ONCE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (Follower one : all) {
                done.add(threads.submit(() -> {
                    hands.acquire();
                    try {
                        work.on(one);
                    } finally {
                        hands.release();
                    }
                    return null;
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
    }
}
