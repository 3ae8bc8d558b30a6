package dev.parley.gateway.database;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.flyway.autoconfigure.FlywayConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/**
 * Has Spring Boot run Flyway over single JDBC connections that are closed after the migration; there is no
 * {@code DataSource} in the context. It looks at the one interface to see that there is a database, and at the other for
 * where it is.
 */
record MigrationAddress(DatabaseAddress address) implements FlywayConnectionDetails, JdbcConnectionDetails {

    @Override
    public String getUsername() {
        return address.username();
    }

    @Override
    public @Nullable String getPassword() {
        return address.password();
    }

    @Override
    public String getJdbcUrl() {
        return address.jdbcUrl();
    }

    @Override
    public String getDriverClassName() {
        return "org.postgresql.Driver";
    }
}
