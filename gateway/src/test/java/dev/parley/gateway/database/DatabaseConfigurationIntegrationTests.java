package dev.parley.gateway.database;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.TestDatabase;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.ConnectionFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcTransactionManagerAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.health.ConnectionFactoryHealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.ReactiveTransactionManager;

@ResourceLock(Lanes.OWN)
@Timeout(60)
class DatabaseConfigurationIntegrationTests {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class, DataSourceAutoConfiguration.class,
                    R2dbcAutoConfiguration.class, R2dbcTransactionManagerAutoConfiguration.class,
                    DataR2dbcAutoConfiguration.class, ConnectionFactoryHealthContributorAutoConfiguration.class))
            .withUserConfiguration(DatabaseConfiguration.class, Migration.class, Settings.class);

    @Test
    void withoutSettingsAPostgresIsStartedMigratedAndStopped() throws Exception {
        Path data = Path.of("target", "test-no-settings");
        if (!Files.exists(data)) {
            Files.createDirectories(data);
            Files.createSymbolicLink(data.resolve("pgbin"), Path.of("..", "test-postgres", "pgbin"));
        }
        TestDatabase.postgres();
        Path running = data.resolve("pg18/postmaster.pid");

        application.withPropertyValues("parley.data-dir=" + data, "parley.database.url=").run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(DataSource.class)
                    .hasSingleBean(ReactiveTransactionManager.class);
            assertThat(context.getBean(ConnectionFactory.class)).isInstanceOf(ConnectionPool.class);
            assertThat(context.getBeansOfType(ReactiveHealthContributor.class).values()).singleElement()
                    .isInstanceOf(DatabaseHealth.class);
            assertThat(dialogs(context.getBean(DatabaseClient.class))).isZero();
            assertThat(running).exists();
        });

        assertThat(running).doesNotExist();
    }

    @Test
    void aDatabaseOfOnesOwnIsMigratedAndUsed() {
        try (TestDatabase database = TestDatabase.fresh()) {
            database.execute("drop schema public cascade; create schema public");

            application.withPropertyValues("parley.database.url=" + database.url()).run(context -> {
                assertThat(context).hasNotFailed();
                assertThat(dialogs(context.getBean(DatabaseClient.class))).isZero();
            });
        }
    }

    private static long dialogs(DatabaseClient client) {
        return client.sql("select count(*) from dialogs").mapValue(Long.class).one().blockOptional(TIMEOUT)
                .orElseThrow();
    }

    @EnableConfigurationProperties(DatabaseSettings.class)
    static class Settings {}
}
