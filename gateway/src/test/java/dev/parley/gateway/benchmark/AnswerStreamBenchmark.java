package dev.parley.gateway.benchmark;

import dev.parley.gateway.ParleyApplication;
import dev.parley.gateway.benchmark.load.Latencies;
import dev.parley.gateway.benchmark.server.GatewayServer;
import dev.parley.gateway.benchmark.server.RelayServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the gateway adds to a model's stream: the time to the first token and the times between two, of a bare client of the
 * rehearsal model, of the same over a server that does nothing but relay, and of visitors of the gateway over WebSockets, in
 * turns. The model, the relay and the gateway run in processes of their own, the model without jitter, and the gateway
 * without a window in which deltas are merged. Speed is not asserted.
 */
class AnswerStreamBenchmark {

    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int WARM_UP = Integer.getInteger("warmup", 3);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** So many short answers in a round, for a first token each. */
    private static final int FIRSTS = Integer.getInteger("firsts", 1000);

    /** Only the load of so many streams; 0 for all. */
    private static final int STREAMS = Integer.getInteger("streams", 0);

    /** So many come in a second, so that what is measured is not how long five hundred beginnings take on two processors. */
    private static final int ARRIVALS = Integer.getInteger("arrivals", 50);

    private record Load(int streams, int tokensPerSecond, int words) {

        @Override
        public String toString() {
            return streams + " x " + tokensPerSecond + "/s";
        }
    }

    private static final List<Load> LOADS = List.of(new Load(5, 100, 1500), new Load(500, 40, 800));

    /** What so many saw who asked at once. */
    record Seen(Latencies firsts, Latencies pauses) {

        static Seen nothing() {
            return new Seen(new Latencies(), new Latencies());
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT,
                    "first token p50 %.2f p90 %.2f p99 %.2f ms, between tokens p50 %.2f p99 %.2f p99.9 %.2f ms"
                            + " (%d tokens)",
                    firsts.millis(0.5), firsts.millis(0.9), firsts.millis(0.99), pauses.millis(0.5),
                    pauses.millis(0.99),
                    pauses.millis(0.999), pauses.count());
        }
    }

    /** Asks so many times, for so many words, one after the other begins. */
    interface Reader {
        Mono<Void> read(int streams, int words, Seen seen);
    }

    /** What the model is asked by those who ask it without the gateway. */
    static String question(int words) {
        return ("{\"model\":\"llama3.2\",\"messages\":[{\"role\":\"user\",\"content\":\"/long %d\"}],"
                + "\"options\":{\"num_ctx\":4096}}").formatted(words);
    }

    /** When the next one comes. */
    static Flux<Long> arrivals(int count) {
        return Flux.interval(Duration.ofNanos(1_000_000_000L / ARRIVALS)).onBackpressureBuffer(count).take(count);
    }

    @Test
    void measure() throws Exception {
        Path directory = Files.createTempDirectory("parley-benchmark");
        try {
            for (Load load : LOADS) {
                if (STREAMS == 0 || STREAMS == load.streams()) {
                    measure(load, directory.resolve("gateway"));
                }
            }
        } finally {
            FileSystemUtils.deleteRecursively(directory);
        }
    }

    private static void measure(Load load, Path directory) throws Exception {
        int modelPort = ServerProcess.freePort();
        int relayPort = ServerProcess.freePort();
        int port = ServerProcess.freePort();
        String url = "http://127.0.0.1:" + modelPort;
        try (ServerProcess model = ServerProcess.java(ParleyApplication.class, modelPort, List.of("rehearsal", "--port",
                Integer.toString(modelPort), "--tokens-per-second", Integer.toString(load.tokensPerSecond()),
                "--jitter", "0", "--first-token", "50ms", "--parallel", Integer.toString(load.streams())), Map.of());
                ServerProcess relay = ServerProcess.java(RelayServer.class, relayPort,
                        List.of(Integer.toString(relayPort), url), Map.of());
                ServerProcess gateway = ServerProcess.java(GatewayServer.class, port, List.of(
                        "--parley.answers.max-concurrent=" + Math.min(500, load.streams()),
                        "--parley.answers.delta-window=0", "--spring.profiles.active=load"),
                        Map.of("SERVER_PORT", Integer.toString(port), "PARLEY_DATA_DIR", directory.toString(),
                                "OLLAMA_URLS", url))) {
            Reader bare = new BareReader(model.port());
            Map<String, Reader> others = new LinkedHashMap<>();
            others.put("relay", new RelayReader(relay.port()));
            others.put("gateway", new VisitorReader(gateway.port()));
            for (int i = 0; i < WARM_UP; i++) {
                ask(bare, load);
                others.values().forEach(other -> ask(other, load));
            }
            Map<String, Added> added = new LinkedHashMap<>();
            for (int round = 1; round <= ROUNDS; round++) {
                Seen direct = ask(bare, load);
                System.out.printf(Locale.ROOT, "%s, bare: %s%n", load, direct);
                others.forEach((name, other) -> {
                    Seen through = ask(other, load);
                    System.out.printf(Locale.ROOT, "%s, %s: %s%n", load, name, through);
                    added.computeIfAbsent(name, first -> new Added(new ArrayList<>(), new ArrayList<>()))
                            .add(direct, through);
                });
            }
            added.forEach((name, each) -> System.out.printf("%s, added by %s: %s%n", load, name, each));
        }
    }

    /** What was added in each round, in milliseconds. */
    private record Added(List<Double> firsts, List<Double> pauses) {

        void add(Seen direct, Seen through) {
            firsts.add(through.firsts().millis(0.99) - direct.firsts().millis(0.99));
            pauses.add(through.pauses().millis(0.99) - direct.pauses().millis(0.99));
        }

        @Override
        public String toString() {
            return "first token (p99) %s ms, between tokens (p99) %s ms".formatted(spread(firsts), spread(pauses));
        }
    }

    /** Many short answers for the first token, then long ones for the rest. */
    private static Seen ask(Reader reader, Load load) {
        Seen seen = Seen.nothing();
        int shortWaves = Math.max(1, FIRSTS / load.streams());
        Seen firsts = new Seen(seen.firsts(), new Latencies());
        Flux.range(0, shortWaves).concatMap(wave -> reader.read(load.streams(), 3, firsts)).blockLast(PATIENCE);
        reader.read(load.streams(), load.words(), seen).block(PATIENCE);
        return seen;
    }

    private static String spread(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return String.format(Locale.ROOT, "%.2f [%.2f-%.2f]", sorted.get(sorted.size() / 2), sorted.getFirst(),
                sorted.getLast());
    }
}
