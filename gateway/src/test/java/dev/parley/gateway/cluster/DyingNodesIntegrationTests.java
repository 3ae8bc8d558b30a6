package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Judge;
import dev.parley.gateway.client.Wire;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Nodes die, or are frozen and wake up, while people talk. Every new connection goes to another node. What each client sees is
 * put before its judge: every message once and in order, one end of each answer.
 */
@ResourceLock(Lanes.OWN)
class DyingNodesIntegrationTests {

    private static final Duration TAKEN_UP = Duration.ofSeconds(45);
    private static final int VISITORS = 6;

    private final NodeProcesses nodes;
    private final AlternatingProxy balancer;
    private final List<Follower> visitors = new ArrayList<>();

    DyingNodesIntegrationTests(@TempDir Path folder) throws IOException {
        nodes = NodeProcesses.start(folder, 2, Map.of());
        balancer = nodes.balancer();
        for (int i = 0; i < VISITORS; i++) {
            Visit visit = nodes.visit();
            Follower visitor = Follower.since(
                    new FollowedDialog(balancer.address(), "widget", visit.dialogId(), visit.token(), true, 0), 0)
                    .persistent();
            visitor.start(Carrier.ofClient(i));
            visitors.add(visitor);
        }
    }

    @AfterEach
    void stop() throws IOException {
        visitors.forEach(Follower::close);
        balancer.close();
        nodes.close();
    }

    @Test
    void answersOfANodeThatIsKilledAreFinishedByAnother() throws Exception {
        List<String> requests = askAll("/long 150");
        awaitWords(requests);
        nodes.node(0).kill();
        awaitEnds(requests);
        List<String> more = askAll("/say still here");
        awaitEnds(more);
        assertLogsAreWhole();
    }

    @Test
    void nodesAreKilledAgainAndAgainWhilePeopleTalk() throws Exception {
        Random random = new Random(20261122);
        List<List<String>> all = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            all.add(askAll("/long " + (40 + random.nextInt(80))));
            int victim = random.nextInt(2);
            nodes.node(victim).kill();
            all.add(askAll("/say round " + round));
            startAgain(victim);
        }
        for (List<String> requests : all) {
            awaitEnds(requests);
        }
        assertLogsAreWhole();
    }

    @Test
    void aNodeThatWasFrozenForLongerThanItsLeaseDoesNoHarmWhenItWakesUp() throws Exception {
        List<String> requests = askAll("/long 250");
        awaitWords(requests);
        nodes.node(0).freeze();
        // Those whose node is frozen notice nothing by themselves: they come back over the other.
        for (Follower visitor : visitors) {
            visitor.stop(Wire.Ending.RESET);
        }
        balancer.replace(nodes.node(0).port(), nodes.node(1).port());
        for (int i = 0; i < VISITORS; i++) {
            visitors.get(i).start(Carrier.ofClient(i));
        }
        awaitEnds(requests);
        nodes.node(0).thaw();
        Awaitility.await().atMost(TAKEN_UP).ignoreExceptions().until(nodes.node(0)::isReady);
        awaitEnds(askAll("/say after it"));
        assertLogsAreWhole();
    }

    private List<String> askAll(String question) {
        List<String> requests = new ArrayList<>();
        String id = "m" + System.nanoTime();
        for (Follower visitor : visitors) {
            String request = visitor.say(id, question).path("answer").path("request_id").asString("");
            assertThat(request).isNotEmpty();
            requests.add(request);
        }
        return requests;
    }

    private void awaitWords(List<String> requests) {
        for (int i = 0; i < 4; i++) { // five answers run at once
            String request = requests.get(i);
            visitors.get(i).judge().await("some words", judge -> !judge.text(request).isEmpty());
        }
    }

    private void awaitEnds(List<String> requests) {
        for (int i = 0; i < VISITORS; i++) {
            String request = requests.get(i);
            visitors.get(i).judge().await("the end of its answer", TAKEN_UP, judge -> judge.isOver(request));
        }
    }

    /** The database has what everybody has seen: dense numbers, and one message for each answer. */
    private void assertLogsAreWhole() {
        for (Follower visitor : visitors) {
            Judge judge = visitor.judge();
            List<Long> seqs = judge.log().stream().map(message -> message.path("seq").asLong()).toList();
            assertThat(seqs).isEqualTo(LongStream.rangeClosed(1, seqs.size()).boxed().toList());
        }
        Long open = nodes.database.client().sql("select count(*) from answers where state in ('queued', 'running')")
                .mapValue(Long.class).one().blockOptional(TAKEN_UP).orElseThrow();
        assertThat(open).isZero();
        Long twice = nodes.database.client()
                .sql("select count(*) from (select request_id from messages where sender = 'assistant'"
                        + " group by request_id having count(*) > 1) as doubled")
                .mapValue(Long.class).one().blockOptional(TAKEN_UP).orElseThrow();
        assertThat(twice).isZero();
    }

    private void startAgain(int number) {
        int dead = nodes.node(number).port();
        balancer.replace(dead, nodes.startAgain(number).port());
    }
}
