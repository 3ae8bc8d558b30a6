package dev.parley.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.client.Carrier;
import dev.parley.gateway.client.Follower;
import dev.parley.gateway.client.Wire;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Clients come and go, by the thousands, over all three transports, politely and not; and nothing of them stays behind.
 * {@code -Dconnects=50000} lets more of them come.
 */
@Isolated
class LeaksIntegrationTests {

    private static final int CONNECTS = Integer.getInteger("connects", 6_000);
    private static final int DIALOGS = 50;
    private static final int MAX_MEGABYTES_MORE = 12;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path data = Path.of("");

    @Test
    void whoHasGoneLeavesNothingBehind() throws Exception {
        Map<String, String> settings = new HashMap<>(Crowd.settings());
        settings.put("JAVA_TOOL_OPTIONS", "-Dio.netty.leakDetection.level=paranoid"
                + " -Dio.netty.leakDetection.acquireAndReleaseOnly=true");
        // So many at once have a seat, and no more; and a room is kept no longer than this.
        settings.put("PARLEY_MAX_CONNECTIONS", "200");
        settings.put("PARLEY_RECENT_LINGER", "1s");
        try (GatewayProcess gateway = GatewayProcess.start(data, settings)) {
            Crowd crowd = new Crowd(gateway);
            List<Crowd.Talk> talks = crowd.open(DIALOGS);
            comeAndGo(crowd, talks, 600);
            awaitNobody(gateway);
            Gauges before = Gauges.afterCollection(gateway);

            comeAndGo(crowd, talks, CONNECTS);
            awaitNobody(gateway);
            Gauges after = Gauges.afterCollection(gateway);
            assertThat(after.ownNames()).as("meters").isEqualTo(before.ownNames());
            assertThat(after.heap() - before.heap()).as("megabytes of heap").isLessThan(MAX_MEGABYTES_MORE);
            assertThat(gateway.log()).doesNotContain("LEAK", "ERROR");

            // Each of these is one more than there would be seats for if only one in fifty had kept its own.
            List<Follower> all = talks.stream().flatMap(talk -> IntStream.range(0, 3)
                    .mapToObj(i -> Follower.since(crowd.asVisitor(talk), Crowd.newest(talk)))).toList();
            Crowd.forAll(all, follower -> follower.start(Carrier.SSE));
            Crowd.forAll(all, Follower::close);
        }
    }

    private static void comeAndGo(Crowd crowd, List<Crowd.Talk> talks, int count) throws Exception {
        Crowd.forAll(IntStream.range(0, count).boxed().toList(), i -> {
            Crowd.Talk talk = talks.get(i % talks.size());
            Follower follower = Follower.since(crowd.asVisitor(talk), 0).persistent();
            follower.start(Carrier.ofClient(i));
            if (i % 4 > 0) {
                follower.judge().await("what was said", judge -> judge.last() == Crowd.newest(talk));
            }
            follower.stop(i % 2 == 0 ? Wire.Ending.RESET : Wire.Ending.FIN);
        });
    }

    private static void awaitNobody(GatewayProcess gateway) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            Gauges now = Gauges.of(gateway);
            assertThat(now.sum("parley_connections{")).as("connections").isZero();
            assertThat(now.sum("parley_followers")).as("followers").isZero();
            assertThat(now.sum("parley_rooms")).as("rooms, idle ones included").isZero();
        });
    }
}
