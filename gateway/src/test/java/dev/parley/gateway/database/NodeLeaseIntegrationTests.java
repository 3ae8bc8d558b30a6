package dev.parley.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Await;
import dev.parley.gateway.Lanes;
import dev.parley.gateway.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Lanes.OWN)
class NodeLeaseIntegrationTests {

    private final TestDatabase database = TestDatabase.fresh();
    private final DatabaseServer server = DatabaseServer.start(new DatabaseSettings(database.url(), null, null, 5, 5,
            Duration.ofSeconds(5), Duration.ofSeconds(30)), Path.of("target"));
    private final NodeLease lease = new NodeLease(database.client(), new ThisNode(), server);

    @BeforeEach
    void start() {
        lease.start();
    }

    @AfterEach
    void close() {
        lease.stop();
        server.close();
        database.close();
    }

    @Test
    void aNodeLivesForTenSecondsByTheClockOfTheDatabase() {
        assertThat(nodes("alive_until between now() + interval '9 seconds' and now() + interval '10 seconds'"))
                .isEqualTo(1);
        database.execute("update nodes set alive_until = now() - interval '1 second'");
        lease.renew().block();
        assertThat(nodes("alive_until > now() + interval '9 seconds'")).isEqualTo(1);
    }

    @Test
    void aRenewalThatComesAfterTheEndDoesNotBringTheNodeBackToLife() throws InterruptedException {
        end();
        lease.renew().block();
        assertThat(nodes("true")).isZero();
    }

    @Test
    void whoWasForgottenBeginsAnew() {
        database.execute("delete from nodes");
        lease.renew().block();
        assertThat(nodes("alive_until > now()")).isEqualTo(1);
    }

    private void end() throws InterruptedException {
        var ended = new CountDownLatch(1);
        lease.stop(ended::countDown);
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(nodes("true")).isZero();
    }

    private long nodes(String condition) {
        return Await.await(database.client().sql("select count(*) from nodes where " + condition).mapValue(Long.class)
                .one());
    }
}
