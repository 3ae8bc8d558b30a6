package dev.parley.gateway.cluster;

import dev.parley.gateway.CuttingProxy;
import dev.parley.gateway.ParleyApplication;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.cluster.Traffic.Operator;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.reactive.function.client.WebClient;
import tools.jackson.databind.JsonNode;

/** Gateways that are one: over one PostgreSQL and one Redis, each with its own ways to them that can be cut and frozen. */
public final class SeveralNodes implements AutoCloseable {

    public static final String PASSWORD = "a password for tests";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final TestDatabase database;
    final RedisProcess redis = RedisProcess.start();
    final RehearsalModel model = RehearsalModel.start(
            RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(50));
    private final List<Node> nodes = new ArrayList<>();

    private SeveralNodes(TestDatabase database) {
        this.database = database;
    }

    /** One of them. */
    public record Node(ConfigurableApplicationContext context, CuttingProxy toRedis, CuttingProxy toDatabase,
            String address) {

        int port() {
            return URI.create(address).getPort();
        }

        WebClient client() {
            return WebClient.create(address);
        }

        double metric(String name, String... tags) {
            return context.getBean(MeterRegistry.class).get(name).tags(tags).meter().measure().iterator().next()
                    .getValue();
        }

        public JsonNode post(String path, String token, Map<String, ?> body) {
            return new GatewayAt(address).post(path, token, body);
        }

        JsonNode get(String path, String token) {
            return new GatewayAt(address).get(path, token);
        }

        JsonNode delete(String path, String token) {
            return new GatewayAt(address).delete(path, token);
        }
    }

    /** A visitor's dialog, which any node knows. */
    public record Visit(long dialogId, String token) {

        FollowedDialog on(Node node) {
            return new FollowedDialog(node.address(), "widget", dialogId, token, true, 0);
        }
    }

    /** @param settings as arguments, which win over those that tests have */
    public static SeveralNodes start(int count, String... settings) {
        return over(TestDatabase.fresh(), count, settings);
    }

    /** @param database which is closed with them */
    static SeveralNodes over(TestDatabase database, int count, String... settings) {
        SeveralNodes all = new SeveralNodes(database);
        for (int i = 0; i < count; i++) {
            all.nodes.add(all.startOne(all.database, settings));
        }
        return all;
    }

    /** Waits until each hears the others through Redis. */
    public void awaitHearing() {
        Awaitility.await().atMost(PATIENCE)
                .until(() -> nodes.stream().allMatch(node -> node.metric("parley.bus.whole") == 1));
    }

    public Node node(int number) {
        return nodes.get(number);
    }

    public Visit visit() {
        JsonNode opened = node(0).post("/api/widget/dialogs", "", Map.of("assistant_id", 1));
        return new Visit(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
    }

    public String adminToken() {
        return login("admin").token();
    }

    Operator login(String name) {
        JsonNode login = node(0).post("/api/auth/login", "", Map.of("username", name, "password", PASSWORD));
        return new Operator(login.path("user").path("id").asLong(), login.path("token").asString());
    }

    /** Brings each connection to another node. */
    public AlternatingProxy balancer() {
        try {
            return new AlternatingProxy(nodes.stream().map(Node::port).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void say(Node node, Visit visit, String id, String text) {
        node.post("/api/widget/dialogs/" + visit.dialogId() + "/messages", visit.token(),
                Map.of("client_msg_id", id, "text", text));
    }

    /** A gateway beside them, which uses the same Redis for another database. It is closed with them. */
    Node startBeside(TestDatabase other) {
        Node stranger = startOne(other);
        nodes.add(stranger);
        return stranger;
    }

    private Node startOne(TestDatabase over, String... settings) {
        try {
            CuttingProxy toRedis = new CuttingProxy("127.0.0.1", redis.port());
            CuttingProxy toDatabase = new CuttingProxy(over.server().host(), over.server().port());
            List<String> usual = List.of("--server.port=0", "--spring.profiles.active=load",
                    "--parley.database.url=" + over.url(toDatabase.port()),
                    "--parley.redis.url=redis://127.0.0.1:" + toRedis.port(),
                    "--parley.access.secret=the secret of all nodes of the tests",
                    "--parley.admin.password=" + PASSWORD,
                    "--parley.ollama.urls=" + model.url(), "--parley.answers.adaptive=false");
            // A setting that is given twice would have both values.
            Map<String, String> arguments = new LinkedHashMap<>();
            Stream.concat(usual.stream(), Stream.of(settings))
                    .forEach(argument -> arguments.put(argument.substring(0, argument.indexOf('=')), argument));
            ConfigurableApplicationContext context = new SpringApplicationBuilder(ParleyApplication.class)
                    .run(arguments.values().toArray(String[]::new));
            var server = ((ReactiveWebServerApplicationContext) context).getWebServer();
            if (server == null) {
                throw new IllegalStateException("no server");
            }
            return new Node(context, toRedis, toDatabase, "http://localhost:" + server.getPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (Node node : nodes) {
            node.context().close();
            node.toRedis().close();
            node.toDatabase().close();
        }
        nodes.clear(); // tests have them in static fields, and a gateway is large
        model.close();
        redis.close();
        database.close();
    }
}
