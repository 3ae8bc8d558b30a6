package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTimeoutException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.http.HttpStatus;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebInputException;

class ProblemsTests {

    @Test
    void aProblemStaysWhatItIs() {
        ProblemException conflict = Problem.CONFLICT.with("the dialog is closed");

        assertThat(Problems.of(conflict)).isSameAs(conflict);
    }

    @Test
    void aDatabaseThatIsAwayIsWorthWaitingFor() {
        for (Throwable away : List.of(new R2dbcTimeoutException("acquire"),
                new R2dbcNonTransientResourceException("gone", "57P01"),
                new DataAccessResourceFailureException("gone"), new QueryTimeoutException("slow"),
                new CannotCreateTransactionException("none", new R2dbcTimeoutException()),
                new ConnectException("refused"), new TimeoutException(),
                new IllegalStateException(new DataAccessResourceFailureException("wrapped")))) {
            assertThat(Problems.of(away)).as(away.toString()).satisfies(problem -> {
                assertThat(problem.problem()).isEqualTo(Problem.UNAVAILABLE);
                assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(1));
                assertThat(problem.detail()).isNull();
            });
        }
    }

    @Test
    void anUnavailableServiceAlwaysSaysWhenToComeBack() {
        assertThat(Problems.of(Problem.UNAVAILABLE.with("draining")).retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(Problems.of(Problem.UNAVAILABLE.with("busy").retryAfter(Duration.ofSeconds(9))).retryAfter())
                .isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void aBodyThatCannotBeReadIsABadRequest() {
        assertThat(of(new ServerWebInputException("x"))).isEqualTo(Problem.BAD_REQUEST);
        assertThat(of(new DecodingException("x"))).isEqualTo(Problem.BAD_REQUEST);
        assertThat(of(new DataBufferLimitException("x"))).isEqualTo(Problem.TOO_LARGE);
        assertThat(of(new ServerWebInputException("x", null, new DataBufferLimitException("x"))))
                .isEqualTo(Problem.TOO_LARGE);
    }

    @Test
    void eachStatusHasItsProblem() {
        for (Problem problem : List.of(Problem.BAD_REQUEST, Problem.UNAUTHORIZED, Problem.FORBIDDEN, Problem.NOT_FOUND,
                Problem.METHOD_NOT_ALLOWED, Problem.TOO_LARGE, Problem.RATE_LIMITED, Problem.UNAVAILABLE,
                Problem.INTERNAL_ERROR)) {
            assertThat(of(status(problem.status()))).isEqualTo(problem);
        }
        assertThat(of(status(415))).isEqualTo(Problem.BAD_REQUEST);
        assertThat(of(status(418))).isEqualTo(Problem.BAD_REQUEST);
        assertThat(of(status(502))).isEqualTo(Problem.INTERNAL_ERROR);
    }

    @Test
    void whatNobodyForesawSaysNothingOfItself() {
        for (Throwable bug : List.of(new IllegalStateException("select * from users"), new NullPointerException(),
                new DataIntegrityViolationException("insert into …"), new StackOverflowError(),
                new ResponseStatusException(HttpStatus.INTERNAL_SERVER_ERROR, "secret reason"))) {
            assertThat(Problems.of(bug)).as(bug.toString()).satisfies(problem -> {
                assertThat(problem.problem()).isEqualTo(Problem.INTERNAL_ERROR);
                assertThat(problem.detail()).isNull();
            });
        }
    }

    @Test
    void theReasonOfASpringErrorIsNotPassedOn() {
        assertThat(Problems.of(new ResponseStatusException(HttpStatus.BAD_REQUEST, "class com.example.Inner")).detail())
                .isNull();
    }

    private static ResponseStatusException status(int code) {
        return new ResponseStatusException(HttpStatus.valueOf(code));
    }

    private static Problem of(Throwable failure) {
        return Problems.of(failure).problem();
    }
}
