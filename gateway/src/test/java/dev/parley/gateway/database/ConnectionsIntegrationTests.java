package dev.parley.gateway.database;

import org.junit.jupiter.api.parallel.Isolated;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.pool.PoolAcquirePendingLimitException;
import reactor.test.StepVerifier;

@Isolated("others use the same PostgreSQL, which is stopped here")
@Timeout(60)
class ConnectionsIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int SIZE = 8;

    private static TestDatabase database;
    private static LoopResources loops;

    private final ConnectionPool pool = open();

    @BeforeAll
    static void prepare() {
        database = TestDatabase.fresh();
        loops = new DatabaseConfiguration().databaseLoops();
    }

    @AfterEach
    void close() {
        pool.dispose();
    }

    @AfterAll
    static void tidyUp() {
        loops.disposeLater(Duration.ZERO, Duration.ofSeconds(1)).block(TIMEOUT);
        database.close();
    }

    @Test
    void theServerEndsWhatTakesTooLong() {
        assertThat(
                List.of(show("statement_timeout"), show("lock_timeout"), show("idle_in_transaction_session_timeout")))
                .containsExactly("500ms", "250ms", "1s");
        assertThat(List.of(show("jit"), show("plan_cache_mode"), show("enable_seqscan"), show("application_name")))
                .containsExactly("off", "force_generic_plan", "off", "parley");

        StepVerifier.create(DatabaseClient.create(pool).sql("select pg_sleep(30)").then())
                .expectErrorSatisfies(error -> assertThat(error).hasRootCauseInstanceOf(R2dbcException.class)
                        .hasMessageContaining("statement timeout"))
                .verify(TIMEOUT);
    }

    @Test
    void connectionsAreSpreadOverTheEventLoops() {
        List<Connection> held = acquire(SIZE);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        for (Connection connection : held) {
            Flux.from(connection.createStatement("select 1").execute())
                    .concatMap(result -> result.map((row, columns) -> Thread.currentThread().getName()))
                    .doOnNext(threads::add)
                    .blockLast(TIMEOUT);
        }

        assertThat(threads).hasSizeGreaterThan(1).allMatch(name -> name.startsWith("database-"));
        release(held);
    }

    @Test
    void whoGetsNoConnectionIsToldAfterThreeSeconds() {
        List<Connection> held = acquire(SIZE);

        StepVerifier.create(pool.create()).expectErrorSatisfies(error -> {
            assertThat(error).isInstanceOf(R2dbcTimeoutException.class);
            assertThat(DatabaseFailures.away(error)).isTrue();
        }).verify(TIMEOUT);
        release(held);
        StepVerifier.create(pool.create().flatMap(connection -> Mono.from(connection.close()))).expectComplete()
                .verify(TIMEOUT);
    }

    @Test
    void noMoreThanAThousandWait() {
        List<Connection> held = acquire(SIZE);
        var waiting = Flux.range(0, 1_000).flatMap(number -> pool.create(), 1_000).onErrorComplete().subscribe();

        StepVerifier.create(pool.create()).expectErrorSatisfies(error -> {
            assertThat(error).isInstanceOf(PoolAcquirePendingLimitException.class);
            assertThat(DatabaseFailures.away(error)).isTrue();
        }).verify(TIMEOUT);
        waiting.dispose();
        release(held);
    }

    @Test
    void connectionsThatTheServerClosedAreNotHandedOut() {
        release(acquire(SIZE));

        database.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                + " where datname = current_database() and pid <> pg_backend_pid()");
        Mono.delay(Duration.ofSeconds(1)).block(TIMEOUT);

        assertThat(show("application_name")).isEqualTo("parley");
    }

    @Test
    void aFrozenServerKeepsNobodyWaitingForAConnection() throws Throwable {
        FrozenPostgres.during(
                () -> StepVerifier.create(pool.create()).expectError(R2dbcTimeoutException.class).verify(TIMEOUT));

        assertThat(show("application_name")).isEqualTo("parley");
    }

    @Test
    void aStatementThatAFrozenServerHoldsGoesOnWhenTheServerDoes() throws Throwable {
        Connection connection = acquire(1).getFirst();
        Mono<Integer> answer = Flux.from(connection.createStatement("select 1 as one").execute())
                .concatMap(result -> result.map((row, columns) -> 1)).single().cache();

        FrozenPostgres.during(
                () -> StepVerifier.create(answer).expectSubscription().expectNoEvent(Duration.ofSeconds(1)).thenCancel()
                        .verify(TIMEOUT));

        StepVerifier.create(answer).expectNext(1).expectComplete().verify(TIMEOUT);
        release(List.of(connection));
    }

    private String show(String setting) {
        return DatabaseClient.create(pool).sql("show " + setting).mapValue(String.class).one().blockOptional(TIMEOUT)
                .orElseThrow();
    }

    private List<Connection> acquire(int count) {
        return Flux.range(0, count).flatMap(number -> pool.create()).collectList().blockOptional(TIMEOUT).orElseThrow();
    }

    private static void release(List<Connection> connections) {
        Flux.fromIterable(connections).flatMap(Connection::close).then().block(TIMEOUT);
    }

    private static ConnectionPool open() {
        return Connections.open(DatabaseUrl.parse(database.url(), null, null),
                new DatabaseSettings(null, null, null, SIZE, SIZE,
                        Duration.ofMillis(500), Duration.ofSeconds(30)),
                loops);
    }
}
