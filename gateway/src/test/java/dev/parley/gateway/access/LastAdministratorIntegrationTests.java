package dev.parley.gateway.access;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.access.Caller.Role;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@ResourceLock(Lanes.OWN)
class LastAdministratorIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final TestDatabase database = TestDatabase.fresh();
    private final Passwords passwords = new Passwords();
    private final Users oneNode = users();
    private final Users otherNode = users();
    private final long first = admin("first");

    private Users users() {
        return new Users(database.client(),
                TransactionalOperator.create(new R2dbcTransactionManager(database.connections())),
                passwords);
    }

    @AfterEach
    void close() {
        passwords.close();
        database.close();
    }

    @Test
    void theLastAdministratorCanNeitherBeDisabledNorLoseTheRole() {
        refused(oneNode.setDisabled(first, true));
        refused(oneNode.change(first, new UserChange(null, null, null, Set.of(Role.OPERATOR))));

        assertThat(oneNode.read(first).block(TIMEOUT)).satisfies(user -> {
            assertThat(user.disabled()).isFalse();
            assertThat(user.roles()).containsExactly(Role.ADMIN);
        });
    }

    @Test
    void aDisabledAdministratorIsNoneToFallBackOn() {
        long second = admin("second");
        StepVerifier.create(oneNode.setDisabled(second, true)).expectNextCount(1).expectComplete().verify(TIMEOUT);

        refused(oneNode.setDisabled(first, true));
    }

    @Test
    void twoAdministratorsWhoDisableEachOtherAtOnceLeaveOne() {
        for (int round = 0; round < 10; round++) {
            long second = admin("second" + round);
            Flux<Boolean> both = Flux.merge(succeeds(oneNode.setDisabled(first, true)),
                    succeeds(otherNode.setDisabled(second, true)));

            StepVerifier.create(both.filter(success -> success).count()).expectNext(1L).expectComplete()
                    .verify(TIMEOUT);
            database.execute("delete from users where id <> " + first + "; update users set disabled = false");
        }
    }

    private static Mono<Boolean> succeeds(Mono<User> change) {
        return change.thenReturn(true).onErrorReturn(
                error -> error instanceof ProblemException refusal && refusal.problem() == Problem.CONFLICT, false);
    }

    private static void refused(Mono<User> change) {
        StepVerifier.create(change).expectErrorSatisfies(error -> assertThat(error).isInstanceOfSatisfying(
                ProblemException.class, refusal -> assertThat(refusal.problem()).isEqualTo(Problem.CONFLICT)))
                .verify(TIMEOUT);
    }

    private long admin(String username) {
        return Objects.requireNonNull(
                users().create(username, username, "a password for tests", Set.of(Role.ADMIN)).block(TIMEOUT)).id();
    }
}
