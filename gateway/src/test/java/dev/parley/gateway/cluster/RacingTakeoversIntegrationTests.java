package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.cluster.Traffic.Operator;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Two operators on two nodes want the same dialog just as the assistant says its last word. */
@ResourceLock(Lanes.NODES)
class RacingTakeoversIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    private static final int ROUNDS = 25;
    private static final int WORDS = 8;
    /** As long as the answer takes, and a little longer. */
    private static final int LATEST_MILLIS = 250;

    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2);

    private final History history = new History();
    private final Desk anna = desk(0, NODES.login("admin"));
    private final Desk ben = desk(1, operator("ben"));

    @Test
    void oneOfThemGetsItAndTheAssistantSaysNothingAfterIt() {
        NODES.awaitHearing();
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            race(NODES.visit(), random);
        }
        Truth truth = Truth.of(NODES.database);
        assertThat(truth.log()).filteredOn(row -> row.kind().equals("handoff_started")).hasSize(ROUNDS);
        Awaitility.await().untilAsserted(() -> history.assertKept(truth));
    }

    private void race(Visit visit, Random random) {
        List<Follower> followers = Stream.of(0, 1).map(node -> follow(visit, node)).toList();
        try {
            history.said(visit.dialogId(), "m");
            JsonNode ack = followers.get(random.nextInt(2)).say("m", "/long " + WORDS);
            history.acked(visit.dialogId(), "m", ack.path("seq").asLong(),
                    ack.path("answer").path("request_id").asString());
            int around = random.nextInt(LATEST_MILLIS);
            CompletableFuture<Boolean> annas = take(anna, visit, around + random.nextInt(5));
            CompletableFuture<Boolean> bens = take(ben, visit, around + random.nextInt(5));
            assertThat(List.of(annas.join(), bens.join())).containsExactlyInAnyOrder(true, false);
            followers.forEach(
                    follower -> follower.judge().await("the takeover", judge -> judge.hasLogged("handoff_started")));
        } finally {
            followers.forEach(Follower::close);
        }
    }

    private static CompletableFuture<Boolean> take(Desk desk, Visit visit, int afterMillis) {
        return CompletableFuture.supplyAsync(() -> {
            LockSupport.parkNanos(Duration.ofMillis(afterMillis).toNanos());
            return desk.takeOver(visit.dialogId());
        });
    }

    private Follower follow(Visit visit, int node) {
        Follower follower = Follower.since(visit.on(NODES.node(node)), 0)
                .witnessedBy(event -> history.shown(visit.dialogId(), "on node " + node, event));
        follower.start(Carrier.ofClient(node));
        return follower;
    }

    private Desk desk(int node, Operator operator) {
        return new Desk(NODES.node(node).address(), operator.id(), operator.token(), history);
    }

    private static Operator operator(String name) {
        NODES.node(0).post("/api/users", NODES.adminToken(),
                Map.of("username", name, "password", SeveralNodes.PASSWORD, "roles", List.of("operator")));
        return NODES.login(name);
    }
}
