package dev.parley.gateway.database;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import java.io.IOException;
import java.time.Duration;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.transaction.CannotCreateTransactionException;
import reactor.pool.PoolAcquirePendingLimitException;
import reactor.pool.PoolShutdownException;

/** Tells a database that is away from a statement that is wrong. */
public final class DatabaseFailures {

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String QUERY_CANCELED = "57014";
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private DatabaseFailures() {}

    /** Whether the failure says nothing about the statement, so that the same statement may succeed later. */
    public static boolean away(Throwable error) {
        return switch (error) {
            case R2dbcNonTransientResourceException e -> true;
            case R2dbcTransientResourceException e -> true;
            case R2dbcTimeoutException e -> true;
            // 57: an operator stopped the server, or it is starting; 53: it has run out of something; 08: the connection.
            case R2dbcException e when e.getSqlState() != null -> e.getSqlState().matches("(57|53|08).*");
            case DataAccessResourceFailureException e -> true;
            case TransientDataAccessResourceException e -> true;
            case QueryTimeoutException e -> true;
            case CannotCreateTransactionException e -> true;
            case PoolShutdownException e -> true;
            case PoolAcquirePendingLimitException e -> true;
            case IOException e -> true;
            default -> false;
        };
    }

    /**
     * Whether the statement was ended because it waited for a lock, or ran, for too long. That counts as {@link #away}, too; but
     * it may be due to the rows that it is about, and others may fare better.
     */
    public static boolean tookTooLong(Throwable error) {
        return error instanceof R2dbcException e && e.getSqlState() != null
                && (e.getSqlState().equals(LOCK_NOT_AVAILABLE) || e.getSqlState().equals(QUERY_CANCELED));
    }

    /** What a client is told of it. */
    public static ProblemException unavailable(Throwable error) {
        return error instanceof ProblemException problem
                ? problem
                : Problem.UNAVAILABLE.exception().retryAfter(RETRY_AFTER);
    }
}
