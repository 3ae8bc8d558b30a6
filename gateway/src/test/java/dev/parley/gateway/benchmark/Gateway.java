package dev.parley.gateway.benchmark;

import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.benchmark.load.Target;
import dev.parley.gateway.benchmark.load.Target.Step;
import dev.parley.gateway.benchmark.load.Target.Way;
import dev.parley.gateway.benchmark.server.GatewayServer;
import dev.parley.gateway.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The gateway, with all that it does: it knows who follows, and watches over each connection. An operator follows with a token
 * of his own; a visitor writes, in dialogs that an operator has in hand, so that no model answers. Its PostgreSQL is the
 * embedded one, started here so that its processes can be told from the gateway's, with a new database for each start.
 */
final class Gateway implements Peer, AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String PASSWORD = "a password for benchmarks";
    private static final int CONNECTIONS = 60;

    /** So that nothing is refused for its being much. */
    private static final List<String> SETTINGS = List.of("--parley.connections.max-per-node=50000",
            "--parley.connections.max-per-dialog=1000", "--parley.messages.max-text-bytes=8KB",
            "--parley.messages.per-user-per-minute=0",
            "--parley.answers.per-user-per-minute=0", "--parley.answers.max-per-user=10000",
            "--parley.connections.frames-per-minute=0",
            "--parley.dialogs.requests-per-user-per-minute=0",
            "--parley.shutdown.drain=1s");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Path directory;
    private final EmbeddedPostgres postgres;
    private final Thread tidyOnExit;
    private final Optional<RedisProcess> redis;
    private int databases;

    /** @param withRedis as one of many nodes, though no other is there */
    Gateway(boolean withRedis) throws IOException {
        redis = withRedis ? Optional.of(RedisProcess.start()) : Optional.empty();
        directory = Files.createTempDirectory("parley-benchmark");
        postgres = EmbeddedPostgres.start(directory, CONNECTIONS);
        tidyOnExit = new Thread(this::tidy, "benchmark-postgres-stop");
        Runtime.getRuntime().addShutdownHook(tidyOnExit);
    }

    @Override
    public String name() {
        return redis.isPresent() ? "gateway+redis" : "gateway";
    }

    @Override
    public Running start(Scenario scenario) throws IOException, InterruptedException, SQLException {
        String database = "benchmark_" + ++databases;
        execute("postgres", "create database " + database);
        int port = ServerProcess.freePort();
        Map<String, String> environment = new HashMap<>(Map.of(
                "SERVER_PORT", Integer.toString(port),
                "PARLEY_DATA_DIR", directory.resolve("gateway").toString(),
                "PARLEY_DATABASE_URL", "postgresql://%s:%s@%s:%d/%s".formatted(postgres.username(), postgres.password(),
                        postgres.host(), postgres.port(), database),
                "PARLEY_SECRET", "the secret of a gateway under test",
                "PARLEY_ADMIN_PASSWORD", PASSWORD));
        redis.ifPresent(process -> {
            process.say("FLUSHALL"); // what it knows is of another database
            environment.put("PARLEY_REDIS_URL", process.url());
        });
        ServerProcess server = ServerProcess.java(GatewayServer.class, port, SETTINGS, environment);
        try {
            JsonNode visitor = post(port, "/api/widget/dialogs", Map.of("assistant_id", 1));
            JsonNode login = post(port, "/api/auth/login", Map.of("username", "admin", "password", PASSWORD));
            long first = openDialogs(database, visitor.path("dialog_id").asLong(), scenario.dialogs);
            return new Running(server, target(scenario, port, login.path("token").asString(),
                    visitor.path("visitor_token").asString()), first, postgres.process().pid(),
                    server.collectGarbage());
        } catch (IOException | InterruptedException | SQLException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Target target(Scenario scenario, int port, String operator, String visitor) {
        Step hello = new Step("\"hello\"", "");
        Way follow = switch (scenario.carrier) {
            case WEB_SOCKET -> Way.of("/ws/dialogs/{dialog}").with(hello);
            case SSE -> Way.of("/sse/dialogs/{dialog}").with(hello);
            case POLL -> Way.of("/poll/dialogs/{dialog}?wait=25&since={cursor}")
                    .polling("/poll/dialogs/{dialog}?wait=0", "\"cursor\":\"([^\"]+)\"");
        };
        Way publish = scenario.durable
                ? Way.of("/ws/widget/dialogs/{dialog}?echo=true").with(hello).withHeaders(bearer(visitor))
                : Way.of("/benchmark/publish");
        String frame = scenario.durable
                ? "{\"type\":\"message\",\"client_msg_id\":\"m{number}\",\"text\":\"{message}\"}"
                : "{dialog} {message}";
        return new Target(port, follow.withHeaders(bearer(operator)), publish, frame, "/benchmark/produce",
                "\"type\":\"error\"");
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    /** Dialogs of the same visitor as the given one, which an operator has taken over. Returns the first one's number. */
    private long openDialogs(String database, long like, int count) throws SQLException {
        execute(database, """
                insert into dialogs (assistant_id, visitor_id, mode, assignee_id)
                select assistant_id, visitor_id, 'human', (select min(id) from users)
                from dialogs, generate_series(1, %d) where id = %d""".formatted(count, like));
        execute(database, "analyze dialogs");
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select min(id) from dialogs where id > " + like)) {
            row.next();
            return row.getLong(1);
        }
    }

    private JsonNode post(int port, String path, Map<String, ?> body) throws IOException, InterruptedException {
        HttpResponse<String> response = client
                .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
                        .build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(path + ": " + response.statusCode() + ' ' + response.body());
        }
        return JSON.readTree(response.body());
    }

    private void execute(String database, String sql) throws SQLException {
        try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + postgres.host() + ":" + postgres.port() + "/" + database, postgres.username(),
                postgres.password());
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(tidyOnExit);
        client.close();
        tidy();
    }

    private void tidy() {
        redis.ifPresent(RedisProcess::close);
        postgres.close();
        try {
            FileSystemUtils.deleteRecursively(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
