package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Node;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.rehearsal.RehearsalLedger;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** As many answers run on all nodes together as may on one, whoever of them dies and whatever becomes of Redis. */
@ResourceLock(Lanes.NODES)
class SlotsOfManyNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MOST = 5;
    private static final int VISITORS = 40;

    private final SeveralNodes nodes = SeveralNodes.start(2);
    private final List<Node> both = List.of(nodes.node(0), nodes.node(1));
    private final RehearsalLedger ledger = nodes.model.ledger();

    @BeforeEach
    void theyShareTheirSlots() {
        awaitShared();
        // Each has the model loaded, which the ledger counts as well.
        both.forEach(node -> ask(node, nodes.visit(), "first", "/say ready"));
        Awaitility.await()
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> both.stream().allMatch(node -> node.metric("parley.answers", "outcome", "done") == 1));
        ledger.clear();
    }

    @AfterEach
    void close() throws IOException {
        nodes.close();
    }

    private void awaitShared() {
        Awaitility.await().atMost(PATIENCE)
                .until(() -> both.stream().noneMatch(SlotsOfManyNodesIntegrationTests::isDegraded));
    }

    private static boolean isDegraded(Node node) {
        return node.metric("parley.answers.degraded") == 1;
    }

    private void ask(Node node, Visit visit, String id, String text) {
        nodes.say(node, visit, id, text);
    }

    /** Visitors ask one question each at once, in turns on these nodes. */
    private void allAsk(List<Node> of, int count, String text) {
        List<Visit> visits = Stream.generate(nodes::visit).limit(count).toList();
        Flux.range(0, count)
                .flatMap(i -> Mono.fromRunnable(() -> ask(of.get(i % of.size()), visits.get(i), "m", text))
                        .subscribeOn(Schedulers.boundedElastic()), count)
                .blockLast(PATIENCE);
    }

    @Test
    void whoeverAsksOnWhicheverNodeNoMoreRunThanMayAndAllAreAnswered() {
        allAsk(both, VISITORS, "/long 15");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.finished() == VISITORS);
        assertThat(ledger.mostAtOnce()).isEqualTo(MOST);
        // Nothing is kept that nobody uses.
        Awaitility.await().atMost(PATIENCE)
                .until(() -> both.stream().allMatch(node -> node.metric("parley.answers.slots") == 0));
    }

    @Test
    void whatANodeHeldThatDiesIsFreeForTheOthersWhenItsLeaseIsOver() {
        allAsk(List.of(nodes.node(1)), MOST, "/long 2000");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.running() == MOST);
        nodes.node(1).toRedis().cut();
        nodes.node(1).context().close();
        ledger.clear();
        allAsk(List.of(nodes.node(0)), 2 * MOST, "/long 10");
        Awaitility.await().atMost(PATIENCE).until(() -> nodes.node(0).metric("parley.answers.slots") == MOST);
        assertThat(ledger.mostAtOnce()).isLessThanOrEqualTo(MOST);
    }

    @Test
    void whileRedisIsAwayEachNodeGoesOnWithItsShareAndSaysSo() {
        String admin = nodes.adminToken();
        nodes.redis.freeze();
        try {
            Awaitility.await().atMost(PATIENCE)
                    .until(() -> both.stream().allMatch(SlotsOfManyNodesIntegrationTests::isDegraded));
            both.forEach(node -> {
                assertThat(node.get("/api/ai/status", admin).path("degraded").asBoolean()).isTrue();
                assertThat(node.metric("parley.answers.slots")).isEqualTo(2);
            });
            allAsk(both, 12, "/long 15");
            Awaitility.await().atMost(PATIENCE).until(() -> ledger.finished() == 12);
            assertThat(ledger.mostAtOnce()).isEqualTo(4);
        } finally {
            nodes.redis.thaw();
        }
        awaitShared();
        ledger.clear();
        assertThat(nodes.node(0).get("/api/ai/status", admin).path("degraded").asBoolean(true)).isFalse();
        allAsk(both, 20, "/long 15");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.finished() == 20);
        assertThat(ledger.mostAtOnce()).isEqualTo(MOST);
    }

    /** As {@code SharedSlotsTests} has it, over a real Redis. */
    @Test
    void whoAsksForMuchOnOneNodeDoesNotKeepThoseOnTheOtherFromTheirTurns() {
        Visit greedy = nodes.visit();
        IntStream.range(0, 30).forEach(i -> ask(nodes.node(0), greedy, "g" + i, "/long 20 greedy"));
        allAsk(List.of(nodes.node(1)), 10, "/long 10 modest");
        Awaitility.await().atMost(PATIENCE).until(() -> ledger.finished() == 40);
        assertThat(ledger.mostAtOnce()).isEqualTo(MOST);
        List<RehearsalLedger.Start> starts = ledger.starts();
        List<Boolean> modest = starts.stream().map(start -> start.label().contains("modest")).toList();
        long between = modest.subList(modest.indexOf(true), modest.lastIndexOf(true)).stream().filter(each -> !each)
                .count();
        // One as in any line, and one or two while the questions of the others come one after the other.
        assertThat(between).isLessThanOrEqualTo(3);
    }
}
