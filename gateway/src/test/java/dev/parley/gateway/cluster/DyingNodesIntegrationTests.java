package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.FollowedDialog;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Judge;
import dev.parley.gateway.client.Wire;
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
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/**
 * Nodes die, or are frozen and wake up, while people talk. Every new connection goes to another node. What each client sees is
 * put before its judge: every message once and in order, one end of each answer.
 */
@ResourceLock(Lanes.OWN)
class DyingNodesIntegrationTests {

    private static final Duration TAKEN_UP = Duration.ofSeconds(45);
    private static final int VISITORS = 6;

    private final TestDatabase database = TestDatabase.fresh();
    private final RedisProcess redis = RedisProcess.start();
    private final RehearsalModel model = RehearsalModel
            .start(RehearsalSettings.defaults().withFirstToken(Duration.ofMillis(20)).withTokensPerSecond(50));
    private final List<GatewayProcess> nodes = new ArrayList<>();
    private final List<Follower> visitors = new ArrayList<>();

    @TempDir
    private Path folder = Path.of("");
    private AlternatingProxy balancer = new AlternatingProxy(List.of(1));

    DyingNodesIntegrationTests() throws IOException {}

    @BeforeEach
    void start() throws IOException {
        balancer.close();
        nodes.add(node("one"));
        nodes.add(node("two"));
        balancer = new AlternatingProxy(nodes.stream().map(DyingNodesIntegrationTests::port).toList());
        for (int i = 0; i < VISITORS; i++) {
            JsonNode opened = nodes.getFirst().openDialog();
            Follower visitor = Follower.since(new FollowedDialog(balancer.address(), "widget",
                    opened.path("dialog_id").asLong(), opened.path("visitor_token").asString(), true, 0), 0)
                    .persistent();
            visitor.start(Carrier.ofClient(i));
            visitors.add(visitor);
        }
    }

    @AfterEach
    void stop() throws IOException {
        visitors.forEach(Follower::close);
        balancer.close();
        nodes.forEach(GatewayProcess::close);
        model.close();
        redis.close();
        database.close();
    }

    @Test
    void answersOfANodeThatIsKilledAreFinishedByAnother() throws Exception {
        List<String> requests = askAll("/long 150");
        awaitWords(requests);
        kill(0);
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
            kill(victim);
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
        nodes.getFirst().freeze();
        // Those whose node is frozen notice nothing by themselves: they come back over the other.
        for (Follower visitor : visitors) {
            visitor.stop(Wire.Ending.RESET);
        }
        balancer.replace(port(nodes.getFirst()), port(nodes.getLast()));
        for (int i = 0; i < VISITORS; i++) {
            visitors.get(i).start(Carrier.ofClient(i));
        }
        awaitEnds(requests);
        nodes.getFirst().thaw();
        Awaitility.await().atMost(TAKEN_UP).ignoreExceptions().until(nodes.getFirst()::isReady);
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
        Long open = database.client().sql("select count(*) from answers where state in ('queued', 'running')")
                .mapValue(Long.class).one().blockOptional(TAKEN_UP).orElseThrow();
        assertThat(open).isZero();
        Long twice = database.client()
                .sql("select count(*) from (select request_id from messages where sender = 'assistant'"
                        + " group by request_id having count(*) > 1) as doubled")
                .mapValue(Long.class).one().blockOptional(TAKEN_UP).orElseThrow();
        assertThat(twice).isZero();
    }

    private void kill(int number) throws InterruptedException {
        nodes.get(number).kill();
    }

    private void startAgain(int number) throws IOException {
        GatewayProcess dead = nodes.get(number);
        dead.close();
        GatewayProcess anew = node("again" + System.nanoTime());
        nodes.set(number, anew);
        balancer.replace(port(dead), port(anew));
    }

    private GatewayProcess node(String name) throws IOException {
        return GatewayProcess.start(Files.createDirectories(folder.resolve(name)),
                Map.of("PARLEY_DATABASE_URL", database.url(), "PARLEY_REDIS_URL", redis.url(), "PARLEY_SECRET",
                        "the secret of all nodes of the tests", "OLLAMA_URLS", model.url(), "SPRING_PROFILES_ACTIVE",
                        "load"));
    }

    private static int port(GatewayProcess node) {
        return URI.create(node.address()).getPort();
    }
}
