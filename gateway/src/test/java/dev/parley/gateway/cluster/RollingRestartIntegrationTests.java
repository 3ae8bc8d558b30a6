package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.Lanes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Three nodes are restarted one after the other, as for a new version, while people talk and are answered. */
@ResourceLock(Lanes.OWN)
class RollingRestartIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int NODES = 3;
    private static final int PEOPLE = 10;
    /** The pool of the tests has less patience than a busy machine needs. */
    private static final int TRIES = 5;
    /** What a JVM ends with that is told to by a SIGTERM. */
    private static final int TERMINATED = 143;

    private final NodeProcesses nodes;
    private final LeastConnectionsBalancer balancer = new LeastConnectionsBalancer();
    private final List<Talker> talkers = new ArrayList<>();
    private final ExecutorService people = Executors.newVirtualThreadPerTaskExecutor();
    /** By request: the node that had the answer when it was stopped. */
    private final Map<String, Long> left = new HashMap<>();

    RollingRestartIntegrationTests(@TempDir Path folder) throws IOException {
        nodes = NodeProcesses.start(folder, NODES, Map.of("PARLEY_SHUTDOWN_DRAIN", "2s"));
        nodes.all().forEach(node -> balancer.add(node.address()));
        Awaitility.await().until(() -> balancer.connections().size() == NODES);
        for (int i = 0; i < PEOPLE; i++) {
            talkers.add(Talker.come(nodes.node(0).openDialog(), balancer.address(), i));
        }
    }

    @AfterEach
    void stop() throws IOException {
        talkers.forEach(Talker::close);
        people.shutdownNow();
        balancer.close();
        nodes.close();
    }

    @Test
    void allNodesAreRestartedOneAfterTheOtherAndNobodyMissesAnything() throws Exception {
        List<CompletableFuture<Void>> talks = talkers.stream()
                .map(talker -> CompletableFuture.runAsync(talker::talk, people)).toList();
        for (int i = 0; i < NODES; i++) {
            restart(i);
        }
        talkers.forEach(Talker::enough);
        talks.forEach(CompletableFuture::join);

        talkers.forEach(Talker::assertHasMissedNothing);
        talkers.forEach(Talker::assertWasToldOfEachStop);
        assertThat(balancer.turnedAway()).isZero();
        assertAllAnswersAreWhole();
    }

    private void restart(int number) throws Exception {
        GatewayProcess leaving = nodes.node(number);
        String story = talkers.get(number).askFor(leaving, "/long 400");
        Map<String, Long> open = openAnswers();
        assertThat(open).containsKey(story);
        left.putAll(open);
        assertThat(leaving.stop(PATIENCE)).isIn(0, TERMINATED);
        balancer.remove(leaving.address());
        balancer.add(nodes.startAgain(number).address());
        Awaitility.await().atMost(PATIENCE).until(() -> balancer.connections().size() == NODES);
        Awaitility.await().atMost(PATIENCE).untilAsserted(this::assertConnectionsAreSpread);
    }

    private void assertConnectionsAreSpread() {
        Map<String, Integer> connections = balancer.connections();
        int all = connections.values().stream().mapToInt(Integer::intValue).sum();
        assertThat(all).isGreaterThanOrEqualTo(2 * PEOPLE);
        assertThat(connections.values()).allMatch(some -> some * 3 <= all * 2);
    }

    private Map<String, Long> openAnswers() {
        return answers("select request_id, node from answers where state in ('queued', 'running')");
    }

    private void assertAllAnswersAreWhole() {
        assertThat(answers("select request_id, node from answers where state <> 'done'")).isEmpty();
        assertThat(answers("select request_id, count(*) as node from messages where sender = 'assistant'"
                + " group by request_id having count(*) > 1")).isEmpty();
        Map<String, Long> by = answers("select request_id, node from answers");
        assertThat(left.entrySet().stream().filter(was -> !was.getValue().equals(by.get(was.getKey()))))
                .as("answers that were handed over").hasSizeGreaterThanOrEqualTo(NODES);
    }

    private Map<String, Long> answers(String query) {
        Map<String, Long> found = new HashMap<>();
        nodes.database.client().sql(query)
                .map(row -> found.put(String.valueOf(row.get("request_id")), row.get("node", Long.class)) == null).all()
                .retry(TRIES).blockLast(PATIENCE);
        return found;
    }
}
