package dev.parley.gateway.database;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.stereotype.Component;

/** Migrates at every start, and says in one line what it did. */
@Component
final class Migration implements FlywayMigrationStrategy {

    private static final Logger log = LoggerFactory.getLogger(Migration.class);

    @Override
    public void migrate(Flyway flyway) {
        MigrateResult result = flyway.migrate();
        if (result.migrationsExecuted > 0) {
            log.info("The tables were brought from version {} to {}",
                    result.initialSchemaVersion == null ? "0 (empty)" : result.initialSchemaVersion,
                    result.targetSchemaVersion);
        }
    }
}
