package dev.parley.gateway.database;

import org.junit.jupiter.api.parallel.Isolated;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import io.r2dbc.pool.ConnectionPool;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

@Isolated("others use the same PostgreSQL, which is stopped here")
@Timeout(60)
class DatabaseHealthIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Test
    void aFrozenDatabaseIsDownAndHoldsOneConnectionHoweverOftenItIsAskedFor() throws Throwable {
        try (TestDatabase database = TestDatabase.fresh()) {
            ConnectionPool pool = (ConnectionPool) database.connections();
            DatabaseHealth health = new DatabaseHealth(pool);
            is(health, Status.UP);
            FrozenPostgres.during(() -> {
                StepVerifier
                        .create(Flux.range(0, 10).flatMap(number -> health.health()).map(Health::getStatus).distinct())
                        .expectNext(Status.DOWN).expectComplete().verify(TIMEOUT);
                is(health, Status.DOWN);
                assertThat(pool.getMetrics().orElseThrow().acquiredSize()).isEqualTo(1);
            });
            is(health, Status.UP);
            assertThat(pool.getMetrics().orElseThrow().acquiredSize()).isZero();
        }
    }

    @Test
    void aDatabaseThatCannotBeReachedIsDown() {
        TestDatabase database = TestDatabase.fresh();
        DatabaseHealth health = new DatabaseHealth(database.connections());

        database.close();

        is(health, Status.DOWN);
    }

    private static void is(DatabaseHealth health, Status status) {
        StepVerifier.create(health.health().map(Health::getStatus)).expectNext(status).expectComplete().verify(TIMEOUT);
    }
}
