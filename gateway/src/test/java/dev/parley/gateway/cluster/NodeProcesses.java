package dev.parley.gateway.cluster;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.cluster.Traffic.Operator;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Gateways that are one, over one PostgreSQL and one Redis, each in a process of its own that can be killed. */
final class NodeProcesses implements AutoCloseable {

    final TestDatabase database = TestDatabase.fresh();
    private final RedisProcess redis = RedisProcess.start();
    private final RehearsalModel model = RehearsalModel.start(
            RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(50));
    private final List<GatewayProcess> nodes = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private final AtomicInteger started = new AtomicInteger();
    private final Path folder;

    private NodeProcesses(Path folder, Map<String, String> settings) {
        this.folder = folder;
        environment.putAll(Map.of("PARLEY_DATABASE_URL", database.url(), "PARLEY_REDIS_URL", redis.url(),
                "PARLEY_SECRET", "the secret of all nodes of the tests", "OLLAMA_URLS", model.url(),
                "SPRING_PROFILES_ACTIVE", "load"));
        environment.putAll(settings);
    }

    /**
     * @param folder for the data of each
     * @param settings as environment variables
     */
    static NodeProcesses start(Path folder, int count, Map<String, String> settings) {
        return start(folder, Stream.generate(() -> Duration.ZERO).limit(count).toList(), settings);
    }

    /** @param clocks how far ahead the clock of each is */
    static NodeProcesses start(Path folder, List<Duration> clocks, Map<String, String> settings) {
        NodeProcesses all = new NodeProcesses(folder, settings);
        try (ExecutorService together = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<GatewayProcess>> starting = clocks.stream()
                    .map(ahead -> CompletableFuture.supplyAsync(() -> all.startOne(ahead), together)).toList();
            all.nodes.addAll(starting.stream().map(CompletableFuture::join).toList());
        }
        return all;
    }

    private GatewayProcess startOne(Duration ahead) {
        try {
            return GatewayProcess.start(Files.createDirectories(folder.resolve("node" + started.incrementAndGet())),
                    environment, ahead);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    GatewayProcess node(int number) {
        return nodes.get(number);
    }

    List<GatewayProcess> all() {
        return List.copyOf(nodes);
    }

    /** One that takes the place of one that has ended. */
    GatewayProcess startAgain(int number) {
        nodes.get(number).close();
        GatewayProcess anew = startOne(Duration.ZERO);
        nodes.set(number, anew);
        return anew;
    }

    Visit visit() {
        try {
            JsonNode opened = node(0).openDialog();
            return new Visit(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Operator admin() throws IOException {
        JsonNode login = node(0).post("/api/auth/login", "",
                Map.of("username", "admin", "password", GatewayProcess.PASSWORD)).body();
        return new Operator(login.path("user").path("id").asLong(), login.path("token").asString());
    }

    /** Brings each connection to another node. */
    AlternatingProxy balancer() throws IOException {
        return new AlternatingProxy(nodes.stream().map(GatewayProcess::port).toList());
    }

    @Override
    public void close() throws IOException {
        nodes.forEach(GatewayProcess::close);
        model.close();
        redis.close();
        database.close();
    }
}
