package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.cluster.Traffic.Operator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A node is killed in the middle of writing: what it was about to do has happened wholly, or not at all. */
@ResourceLock(Lanes.OWN)
class KilledNodesIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    private static final Duration TAKEN_UP = Duration.ofSeconds(60);
    private static final int DIALOGS = 10;

    private final Random random = new Random(SEED);
    private final NodeProcesses nodes;
    private final AlternatingProxy balancer;
    private final List<Visit> visits;
    private final Operator operator;

    KilledNodesIntegrationTests(@TempDir Path folder) throws IOException {
        nodes = NodeProcesses.start(folder, 2, Map.of());
        balancer = nodes.balancer();
        visits = Stream.generate(nodes::visit).limit(DIALOGS).toList();
        operator = nodes.admin();
    }

    @AfterEach
    void stop() throws IOException {
        balancer.close();
        nodes.close();
    }

    @Test
    void inMidBatch() throws Exception {
        try (Traffic traffic = Traffic.start(SEED, balancer.address(), visits, operator, nodes.database, false, 20)) {
            traffic.flow(150 + random.nextInt(50));
            nodes.node(0).kill();
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
        Desk doomed = new Desk(nodes.node(0).address(), operator.id(), operator.token(), history);
        List<CompletableFuture<Integer>> takeovers = visits.stream()
                .map(visit -> CompletableFuture.supplyAsync(() -> doomed.request("POST", visit.dialogId())))
                .toList();
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(60)).toNanos());
        nodes.node(0).kill();
        takeovers.forEach(CompletableFuture::join);

        Awaitility.await().untilAsserted(() -> assertThat(halfDone()).isEmpty());
        Desk desk = new Desk(nodes.node(1).address(), operator.id(), operator.token(), history);
        visits.forEach(visit -> assertThat(desk.takeOver(visit.dialogId())).isTrue());
        visitors.forEach(visitor -> visitor.judge().await("the takeover", TAKEN_UP,
                judge -> judge.hasLogged("handoff_started")));
        Truth truth = Truth.of(nodes.database);
        Awaitility.await().untilAsserted(() -> history.assertKept(truth));
        assertThat(truth.log()).filteredOn(row -> row.kind().equals("handoff_started")).hasSize(DIALOGS);
        visitors.forEach(Follower::close);
    }

    /** Dialogs of which one part says that a human has them, and another that the assistant has. */
    private List<Long> halfDone() {
        return Await.await(nodes.database.client().sql("""
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
}
