package dev.parley.gateway.cluster;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.RedisProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A server, a replica of it, and a Sentinel. */
@ResourceLock(Lanes.NODES)
class SentinelIntegrationTests extends FailoverContract {

    private final RedisProcess first = RedisProcess.start();
    private final RedisProcess second = RedisProcess.start("replicaof 127.0.0.1 " + first.port(),
            "repl-diskless-sync-delay 0");
    private final RedisProcess sentinel = RedisProcess.startSentinel("chat", first);

    SentinelIntegrationTests() throws IOException {}

    @Override
    String redisUrl() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(100))
                .until(() -> sentinel.say("SENTINEL REPLICAS chat").equals("*1"));
        return "redis-sentinel://127.0.0.1:" + sentinel.port() + "/0#chat";
    }

    @Override
    void killOne(String database) {
        first.kill();
    }

    @Override
    void stopAll() {
        List.of(sentinel, second, first).forEach(RedisProcess::close);
    }
}
