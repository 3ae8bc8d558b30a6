package dev.parley.gateway.database;

import java.sql.SQLException;
import org.flywaydb.core.internal.exception.sqlExceptions.FlywaySqlUnableToConnectToDbException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in one line that the database that was given cannot be used. Found through {@code META-INF/spring.factories}. */
final class UnreachableDatabaseAnalyzer extends AbstractFailureAnalyzer<FlywaySqlUnableToConnectToDbException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, FlywaySqlUnableToConnectToDbException cause) {
        Throwable reason = cause.getCause() instanceof SQLException sql ? sql : cause;
        return new FailureAnalysis("the database of parley.database.url cannot be used: "
                + String.valueOf(reason.getMessage()).lines().findFirst().orElse(""), null, cause);
    }
}
