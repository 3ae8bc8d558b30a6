package dev.parley.gateway.database;

import dev.parley.gateway.settings.SettingException;
import java.time.Duration;
import org.hibernate.validator.constraints.Range;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Which PostgreSQL is used, and how hard.
 *
 * @param url {@code postgresql://user:password@host:port/database}, or the same as JDBC and R2DBC write it; not given: the
 *        embedded PostgreSQL
 * @param username wins over the one in the URL
 * @param password wins over the one in the URL
 * @param poolSize connections that are open at once, at most
 * @param maxPoolSize what {@code poolSize} may be at most, so that a slip cannot use up the server's connections
 * @param statementTimeout how long a statement may run before the server ends it; it may wait half as long for a lock, and
 *        a transaction may be silent for twice as long
 * @param idleTimeout how long a connection that nobody uses stays open
 */
@Validated
@ConfigurationProperties("parley.database")
record DatabaseSettings(@Nullable String url, @Nullable String username, @Nullable String password,
        @DefaultValue("20") @Range(min = 1, max = 1000) int poolSize,
        @DefaultValue("50") @Range(min = 1, max = 1000) int maxPoolSize,
        @DefaultValue("5s") @DurationMin(millis = 100) @DurationMax(minutes = 10) Duration statementTimeout,
        @DefaultValue("30s") @DurationMin(seconds = 1) @DurationMax(hours = 1) Duration idleTimeout) {

    DatabaseSettings {
        if (poolSize > maxPoolSize && maxPoolSize > 0) {
            throw new SettingException("parley.database.pool-size",
                    poolSize + " (allowed: 1 to " + maxPoolSize + ", which is parley.database.max-pool-size)");
        }
    }

    /** Without the password and the URL, which may hold one, for they would get into logs. */
    @Override
    public String toString() {
        return "DatabaseSettings[poolSize=%d, statementTimeout=%s, idleTimeout=%s]".formatted(poolSize,
                statementTimeout,
                idleTimeout);
    }
}
