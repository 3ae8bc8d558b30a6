package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.settings.SettingException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

class WebSettingsTests {

    @Test
    void aBodyHas64KilobytesUnlessSetOtherwise() {
        assertThat(bind(Map.of()).maxBodyBytes()).isEqualTo(DataSize.ofKilobytes(64));
        assertThat(bind(Map.of("parley.web.max-body-bytes", "1MB")).maxBodyBytes()).isEqualTo(DataSize.ofMegabytes(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1023B", "1048577B", "1GB", "-1MB"})
    void aLimitOutOfBoundsStopsTheStart(String size) {
        assertThatExceptionOfType(Exception.class).isThrownBy(() -> bind(Map.of("parley.web.max-body-bytes", size)))
                .havingRootCause()
                .isInstanceOf(SettingException.class)
                .withMessageContaining("parley.web.max-body-bytes")
                .withMessageContaining("1KB to 1MB");
    }

    private static WebSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("parley.web", WebSettings.class);
    }
}
