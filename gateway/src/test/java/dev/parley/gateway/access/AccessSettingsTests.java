package dev.parley.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class AccessSettingsTests {

    @Test
    void theDefaultsAreThoseOfTheReadme() {
        assertThat(bind("parley.access", AccessSettings.class, Map.of()))
                .isEqualTo(new AccessSettings(null, Duration.ofHours(1), Duration.ofHours(24), List.of()));
        assertThat(bind("parley.admin", AdminSettings.class, Map.of())).isEqualTo(new AdminSettings("admin", null));
    }

    @Test
    void everySettingCanBeSet() {
        assertThat(bind("parley.access", AccessSettings.class,
                Map.of("parley.access.secret", "s", "parley.access.token-lifetime", "2h",
                        "parley.access.visitor-token-lifetime", "3d", "parley.access.open-origins",
                        "https://a.example,https://b.example")))
                .isEqualTo(new AccessSettings("s", Duration.ofHours(2), Duration.ofDays(3),
                        List.of("https://a.example", "https://b.example")));
        assertThat(bind("parley.admin", AdminSettings.class,
                Map.of("parley.admin.username", "root", "parley.admin.password", "p")))
                .isEqualTo(new AdminSettings("root", "p"));
    }

    private static <T> T bind(String prefix, Class<T> type, Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate(prefix, type);
    }
}
