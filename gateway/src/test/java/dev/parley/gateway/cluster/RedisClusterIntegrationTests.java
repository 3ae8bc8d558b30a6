package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A cluster of three servers that share the keys, each with a replica. */
@ResourceLock(Lanes.NODES)
class RedisClusterIntegrationTests extends FailoverContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<Integer> FIRST_SLOTS = List.of(0, 5_461, 10_923, 16_384);

    private final List<RedisProcess> masters = Stream.generate(RedisProcess::startForCluster).limit(3).toList();
    private final List<RedisProcess> replicas = Stream.generate(RedisProcess::startForCluster).limit(3).toList();

    RedisClusterIntegrationTests() throws IOException {}

    @Override
    String redisUrl() {
        RedisProcess any = masters.getFirst();
        for (int i = 0; i < masters.size(); i++) {
            RedisProcess master = masters.get(i);
            assertThat(master.say("CLUSTER ADDSLOTSRANGE %d %d".formatted(FIRST_SLOTS.get(i),
                    FIRST_SLOTS.get(i + 1) - 1))).isEqualTo("+OK");
            assertThat(master.say("CLUSTER SET-CONFIG-EPOCH " + (i + 1))).isEqualTo("+OK");
        }
        all().skip(1).forEach(server -> assertThat(server.say("CLUSTER MEET 127.0.0.1 %d %s".formatted(any.port(),
                any.clusterPort()))).isEqualTo("+OK"));
        awaitOfAll("cluster_known_nodes:6");
        for (int i = 0; i < masters.size(); i++) {
            RedisProcess replica = replicas.get(i);
            String master = masters.get(i).say("CLUSTER MYID");
            Awaitility.await().atMost(PATIENCE).until(() -> replica.say("CLUSTER REPLICATE " + master).equals("+OK"));
        }
        awaitOfAll("cluster_state:ok");
        for (RedisProcess replica : replicas) {
            Awaitility.await().atMost(PATIENCE)
                    .until(() -> replica.say("INFO replication").contains("master_link_status:up"));
        }
        return masters.stream().limit(2).map(RedisProcess::url).collect(Collectors.joining(","));
    }

    private void awaitOfAll(String line) {
        all().forEach(server -> Awaitility.await().atMost(PATIENCE)
                .until(() -> server.say("CLUSTER INFO").contains(line)));
    }

    private Stream<RedisProcess> all() {
        return Stream.concat(masters.stream(), replicas.stream());
    }

    /** The one that has the slots for answers. */
    @Override
    void killOne(String database) {
        int slot = Integer.parseInt(masters.getFirst().say("CLUSTER KEYSLOT " + new RedisNames(database).slots())
                .substring(1));
        int owner = 0;
        while (FIRST_SLOTS.get(owner + 1) <= slot) {
            owner++;
        }
        masters.get(owner).kill();
    }

    @Override
    void stopAll() {
        all().forEach(RedisProcess::close);
    }
}
