package dev.parley.gateway.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.benchmark.load.LoadGenerator;
import dev.parley.gateway.benchmark.load.Outcome;
import dev.parley.gateway.benchmark.load.Plan;
import dev.parley.gateway.benchmark.server.BareServer;
import dev.parley.gateway.benchmark.server.SpringServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * What it costs to deliver, and how long it takes: the gateway side by side with yardsticks that do nothing else. In each
 * round the peers take turns, each in a fresh process, so all meet the same machine; a JVM is warmed up with the same load
 * first. Printed are medians over the rounds with the smallest and the largest, and ratios to the bare server of the same
 * round. Speed is not asserted; but the gateway may neither lose nor repeat nor disorder anything.
 */
class DeliveryBenchmark {

    private static final List<Scenario> SCENARIOS = list("scenarios",
            Arrays.stream(Scenario.values()).map(Scenario::word).collect(Collectors.joining(",")))
            .stream()
            .map(Scenario::of)
            .toList();
    private static final List<String> PEERS = list("peers", "bare,spring,socket.io,gateway");
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int SECONDS = Integer.getInteger("seconds", 8);
    private static final int WARM_UP = Integer.getInteger("warmup", 25);
    /** Below 1 to try things out: so many times the dialogs and the messages. */
    private static final double SCALE = Double.parseDouble(System.getProperty("scale", "1"));
    private static final int TRIES = 2;
    private static final JsonMapper JSON = JsonMapper.shared();

    private static List<String> list(String property, String defaults) {
        return List.of(System.getProperty(property, defaults).split(",", -1));
    }

    @Test
    void measure() throws Exception {
        System.out.printf(Locale.ROOT, "%d rounds of %d s, after %d s to warm up; %d processors, Java %s%n", ROUNDS,
                SECONDS, WARM_UP, Runtime.getRuntime().availableProcessors(), Runtime.version());
        Report report = new Report();
        List<AutoCloseable> toClose = new ArrayList<>();
        try {
            List<Peer> peers = new ArrayList<>();
            for (String name : PEERS) {
                Peer peer = peer(name);
                if (peer instanceof AutoCloseable closeable) {
                    toClose.add(closeable);
                }
                if (peer instanceof SocketIo && !SocketIo.isInstalled()) {
                    System.out.println("socket.io is left out: it needs node and npm");
                } else {
                    peers.add(peer);
                }
            }
            for (Scenario scenario : SCENARIOS) {
                for (int round = 1; round <= ROUNDS; round++) {
                    for (Peer peer : peers) {
                        if (peer.takesPartIn(scenario)) {
                            report.add(scenario, peer.name(), run(scenario, peer));
                        }
                    }
                }
            }
        } finally {
            System.out.println(report.markdown());
            for (AutoCloseable closeable : toClose) {
                closeable.close();
            }
        }
        assertThat(report.faults("gateway")).isEmpty();
    }

    private static Peer peer(String name) throws IOException {
        return switch (name) {
            case "bare" -> new Yardstick(name, BareServer.class);
            case "spring" -> new Yardstick(name, SpringServer.class);
            case "socket.io" -> new SocketIo();
            case "gateway" -> new Gateway(false);
            case "gateway+redis" -> new Gateway(true);
            default -> throw new IllegalArgumentException(
                    name + " (expected: bare, spring, socket.io, gateway, gateway+redis)");
        };
    }

    /** A machine that had something else to do for a while does not spoil all that was measured before. */
    private static Outcome run(Scenario scenario, Peer peer) throws Exception {
        for (int tries = 1;; tries++) {
            try {
                return runOnce(scenario, peer);
            } catch (IllegalStateException failed) {
                if (tries == TRIES) {
                    throw failed;
                }
                System.out.println(scenario.word() + " " + peer.name() + " is tried again: " + failed.getMessage());
            }
        }
    }

    private static Outcome runOnce(Scenario scenario, Peer peer) throws Exception {
        try (Peer.Running running = peer.start(scenario)) {
            Outcome outcome = generate(new Plan(running.target(), scenario.carrier, scenario.production,
                    running.firstDialog(), (int) Math.ceil(scenario.dialogs * SCALE), scenario.followers,
                    scenario.durable, scenario.stuck, scenario.rate * SCALE, scenario.size, WARM_UP,
                    scenario.seconds(SECONDS),
                    running.server().pid(), running.database(), running.collect()));
            System.out.println(scenario.word() + " " + peer.name() + " " + JSON.writeValueAsString(outcome));
            return outcome;
        }
    }

    /** In a process of its own, so that its work is not mistaken for anybody else's. */
    private static Outcome generate(Plan plan) throws IOException, InterruptedException {
        Path log = Files.createDirectories(ServerProcess.LOGS).resolve("generator.log");
        Process generator = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m", "-Xmx1g", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), LoadGenerator.class.getName())
                .redirectError(log.toFile())
                .start();
        try (OutputStream in = generator.getOutputStream()) {
            in.write(JSON.writeValueAsBytes(plan));
        }
        String said = new String(generator.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (generator.waitFor() != 0) {
            throw new IllegalStateException("The generator failed:\n" + said + Files.readString(log));
        }
        int outcome = said.stripTrailing().lastIndexOf('\n') + 1;
        System.out.print(said.substring(0, outcome)); // warnings, where there were some
        return JSON.readValue(said.substring(outcome), Outcome.class);
    }
}
