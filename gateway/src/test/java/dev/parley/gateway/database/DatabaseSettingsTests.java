package dev.parley.gateway.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class DatabaseSettingsTests {

    @Test
    void everySettingHasADefault() {
        assertThat(bind(Map.of())).isEqualTo(
                new DatabaseSettings(null, null, null, 20, 50, Duration.ofSeconds(5), Duration.ofSeconds(30)));
    }

    @Test
    void everySettingIsRead() {
        assertThat(bind(Map.of("parley.database.url", "postgresql://db", "parley.database.username", "ann",
                "parley.database.password", "s3cret", "parley.database.pool-size", "7", "parley.database.max-pool-size",
                "8",
                "parley.database.statement-timeout", "2s", "parley.database.idle-timeout", "1m")))
                .isEqualTo(new DatabaseSettings("postgresql://db", "ann", "s3cret", 7, 8, Duration.ofSeconds(2),
                        Duration.ofMinutes(1)));
    }

    @Test
    void thePoolIsNoLargerThanItsLimit() {
        assertThatThrownBy(() -> bind(Map.of("parley.database.pool-size", "51")))
                .hasRootCauseMessage(
                        "parley.database.pool-size: 51 (allowed: 1 to 50, which is parley.database.max-pool-size)");
    }

    @Test
    void secretsAreNotShown() {
        assertThat(
                bind(Map.of("parley.database.url", "postgresql://ann:s3cret@db", "parley.database.password", "s3cret")))
                .asString().doesNotContain("s3cret");
    }

    private static DatabaseSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("parley.database",
                DatabaseSettings.class);
    }
}
