package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.web.Problems;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** With a port that nobody listens on in the place of the database. */
class DatabaseAwayTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Passwords passwords = new Passwords();

    @Test
    void whoeverNeedsTheDatabaseIsToldToComeBack() throws IOException {
        PostgresqlConnectionFactory nobody = new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host("127.0.0.1").port(closedPort()).username("x").password("x").connectTimeout(Duration.ofSeconds(2))
                .build());
        DatabaseClient client = DatabaseClient.create(nobody);
        Assistants assistants = new Assistants(client);
        Users users = new Users(client, TransactionalOperator.create(new R2dbcTransactionManager(nobody)), passwords);

        for (Mono<?> call : List.of(assistants.find(1), assistants.read(1), assistants.list(0, 10), users.known(1),
                users.setDisabled(1, true), users.create("u", "U", "a password for tests", java.util.Set.of()))) {
            StepVerifier.create(call).expectErrorSatisfies(error -> {
                ProblemException problem = Problems.of(error);
                assertThat(problem.problem()).as(error.toString()).isEqualTo(Problem.UNAVAILABLE);
                assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(1));
            }).verify(TIMEOUT);
        }
        passwords.close();
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
