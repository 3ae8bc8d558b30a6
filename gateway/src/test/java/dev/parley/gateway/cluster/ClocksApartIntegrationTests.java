package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.cluster.Traffic.Operator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * One node's clock is a minute ahead and the other's a minute behind: nobody notices, and whoever lives is not taken for dead,
 * nor the other way round.
 */
@ResourceLock(Lanes.OWN)
class ClocksApartIntegrationTests {

    private static final long SEED = Long.getLong("seed", 20261122L);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int AHEAD = 0;
    private static final int BEHIND = 1;
    /** Longer than the lease of a node, and shorter than what clocks are apart. */
    private static final Duration TAKEN_UP = Duration.ofSeconds(30);

    private final NodeProcesses nodes;
    private final AlternatingProxy balancer;
    private final List<Visit> visits;
    private final Operator operator;

    ClocksApartIntegrationTests(@TempDir Path folder) throws IOException {
        nodes = NodeProcesses.start(folder, List.of(MINUTE, MINUTE.negated()), Map.of());
        balancer = nodes.balancer();
        visits = Stream.generate(nodes::visit).limit(6).toList();
        operator = nodes.admin();
    }

    @BeforeEach
    void theyAreApart() throws IOException {
        Duration apart = Duration.between(nodes.node(BEHIND).clock(), nodes.node(AHEAD).clock());
        assertThat(apart).isBetween(Duration.ofSeconds(115), Duration.ofSeconds(125));
    }

    @AfterEach
    void stop() throws IOException {
        balancer.close();
        nodes.close();
    }

    @Test
    void whatOneNodeGivesOutTheOtherTakesAndTimesAreTheDatabases() throws Exception {
        Instant before = now();
        for (GatewayProcess node : nodes.all()) {
            assertThat(node.get("/api/auth/me", login(AHEAD)).status()).isEqualTo(200);
            assertThat(node.get("/api/auth/me", login(BEHIND)).status()).isEqualTo(200);
            for (Visit visit : visits) {
                String messages = "/api/widget/dialogs/%d/messages".formatted(visit.dialogId());
                assertThat(node.post(messages, visit.token(),
                        Map.of("client_msg_id", "on" + node.port(), "text", "/say it")).status()).isEqualTo(201);
            }
        }
        assertThat(Await.await(nodes.database.client().sql("select created_at from messages").mapValue(Instant.class)
                .all().collectList())).isNotEmpty().allMatch(at -> !at.isBefore(before) && !at.isAfter(now()));
    }

    @Test
    void answersOfTheNodeThatIsAheadAreTakenUpWhenItDies() throws Exception {
        assertThatPeopleGoOnWithout(AHEAD);
    }

    @Test
    void answersOfTheNodeThatIsBehindAreTakenUpWhenItDies() throws Exception {
        assertThatPeopleGoOnWithout(BEHIND);
    }

    private void assertThatPeopleGoOnWithout(int victim) throws Exception {
        try (Traffic traffic = Traffic.start(SEED, balancer.address(), visits, operator, nodes.database, false)) {
            traffic.flow(60);
            assertThat(takenForDead()).isZero();
            nodes.node(victim).kill();
            Awaitility.await().atMost(TAKEN_UP).until(() -> takenForDead() == 1 && left() == 0);
            traffic.flow(20);
            traffic.stopAndJudge();
        }
    }

    private String login(int node) throws IOException {
        return nodes.node(node).adminToken();
    }

    private Instant now() {
        return Await.await(nodes.database.client().sql("select clock_timestamp()").mapValue(Instant.class).one());
    }

    private long takenForDead() {
        return count("nodes where alive_until < now()");
    }

    /** Answers that nobody works on. */
    private long left() {
        return count("""
                answers where state in ('queued', 'running')
                and node not in (select id from nodes where alive_until > now())""");
    }

    private long count(String what) {
        return Await.await(nodes.database.client().sql("select count(*) from " + what).mapValue(Long.class).one());
    }
}
