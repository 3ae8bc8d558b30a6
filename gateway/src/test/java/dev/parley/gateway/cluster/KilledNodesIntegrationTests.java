package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.cluster.Traffic.Operator;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** A node is killed in the middle of writing: what it was about to do has happened wholly, or not at all. */
@ResourceLock(Lanes.OWN)
class KilledNodesIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    private static final Duration TAKEN_UP = Duration.ofSeconds(60);
    private static final int DIALOGS = 10;

    private final Random random = new Random(SEED);
    private final TestDatabase database = TestDatabase.fresh();
    private final RedisProcess redis = RedisProcess.start();
    private final RehearsalModel model = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(50));
    private final List<GatewayProcess> nodes = new ArrayList<>();
    private final List<Visit> visits = new ArrayList<>();

    @TempDir
    private Path folder = Path.of("");
    private AlternatingProxy balancer = new AlternatingProxy(List.of(1));
    private Operator operator = new Operator(0, "");

    KilledNodesIntegrationTests() throws IOException {}

    @BeforeEach
    void start() throws IOException {
        balancer.close();
        nodes.add(node("one"));
        nodes.add(node("two"));
        balancer = new AlternatingProxy(
                nodes.stream().map(node -> URI.create(node.address()).getPort()).toList());
        for (int i = 0; i < DIALOGS; i++) {
            JsonNode opened = nodes.getFirst().openDialog();
            visits.add(new Visit(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString()));
        }
        JsonNode login = nodes.getFirst().post("/api/auth/login", "",
                Map.of("username", "admin", "password", GatewayProcess.PASSWORD)).body();
        operator = new Operator(login.path("user").path("id").asLong(), login.path("token").asString());
    }

    @AfterEach
    void stop() throws IOException {
        balancer.close();
        nodes.forEach(GatewayProcess::close);
        model.close();
        redis.close();
        database.close();
    }

    @Test
    void inMidBatch() throws Exception {
        try (Traffic traffic = Traffic.start(SEED, balancer.address(), visits, operator, database, false, 20)) {
            traffic.flow(150 + random.nextInt(50));
            nodes.getFirst().kill();
            traffic.flow(100);
            traffic.stopAndJudge();
        }
    }

    @Test
    void inMidTakeover() throws Exception {
        History history = new History();
        List<Follower> visitors = visits.stream().map(visit -> follow(visit, history)).toList();
        for (int i = 0; i < DIALOGS; i++) {
            visitors.get(i).sayUntilStored("m", "/long 60", TAKEN_UP);
        }
        visitors.get(0).judge().await("an answer", TAKEN_UP, judge -> judge.last() >= 2);
        Desk doomed = new Desk(nodes.getFirst().address(), operator.id(), operator.token(), history);
        List<CompletableFuture<Integer>> takeovers = visits.stream()
                .map(visit -> CompletableFuture.supplyAsync(() -> doomed.request("POST", visit.dialogId())))
                .toList();
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(60)).toNanos());
        nodes.getFirst().kill();
        takeovers.forEach(CompletableFuture::join);

        Awaitility.await().untilAsserted(() -> assertThat(halfDone()).isEmpty());
        Desk desk = new Desk(nodes.getLast().address(), operator.id(), operator.token(), history);
        visits.forEach(visit -> assertThat(desk.takeOver(visit.dialogId())).isTrue());
        visitors.forEach(visitor -> visitor.judge().await("the takeover", TAKEN_UP,
                judge -> judge.hasLogged("handoff_started")));
        Truth truth = Truth.of(database);
        Awaitility.await().untilAsserted(() -> history.assertKept(truth));
        assertThat(truth.log()).filteredOn(row -> row.kind().equals("handoff_started")).hasSize(DIALOGS);
        visitors.forEach(Follower::close);
    }

    /** Dialogs of which one part says that a human has them, and another that the assistant has. */
    private List<Long> halfDone() {
        return Await.await(database.client().sql("""
                select d.id from dialogs d
                where (d.mode = 'human') <> exists (
                        select from messages m where m.dialog_id = d.id and m.kind = 'handoff_started')
                   or exists (select from answers a where a.dialog_id = d.id and a.turn < d.turn
                              and a.state in ('queued', 'running'))""")
                .mapValue(Long.class).all().collectList());
    }

    private Follower follow(Visit visit, History history) {
        Follower visitor = Follower.since(
                new FollowedDialog(balancer.address(), "widget", visit.dialogId(), visit.token(), true, 0), 0)
                .persistent()
                .witnessedBy(event -> history.shown(visit.dialogId(), "the visitor", event));
        // What the node said in its last moment was kept by nobody.
        visitor.judge().tolerateMoreThanWasKept();
        visitor.start(Carrier.ofClient((int) visit.dialogId()));
        return visitor;
    }

    private GatewayProcess node(String name) throws IOException {
        return GatewayProcess.start(Files.createDirectories(folder.resolve(name)),
                Map.of("PARLEY_DATABASE_URL", database.url(), "PARLEY_REDIS_URL", redis.url(), "PARLEY_SECRET",
                        "the secret of all nodes of the tests", "OLLAMA_URLS", model.url(), "SPRING_PROFILES_ACTIVE",
                        "load"));
    }
}
