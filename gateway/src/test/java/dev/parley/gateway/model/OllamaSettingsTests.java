package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class OllamaSettingsTests {

    @Test
    void everySettingHasADefault() {
        OllamaSettings settings = bind(Map.of());

        assertThat(settings).isEqualTo(new OllamaSettings(List.of(), "llama3.2", 4096, Duration.ofMinutes(30)));
        assertThat(settings.url()).isEqualTo("http://localhost:11434");
        assertThat(settings.isChosen()).isFalse();
    }

    @Test
    void everySettingIsRead() {
        OllamaSettings settings = bind(Map.of("parley.ollama.urls", "gpu-1:8080,https://gpu-2/ollama/",
                "parley.ollama.model", "mistral", "parley.ollama.num-ctx", "8192", "parley.ollama.keep-alive", "90"));

        assertThat(settings).isEqualTo(new OllamaSettings(List.of("http://gpu-1:8080", "https://gpu-2:443/ollama"),
                "mistral", 8192, Duration.ofSeconds(90)));
        assertThat(settings.url()).isEqualTo("http://gpu-1:8080");
        assertThat(settings.isChosen()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"localhost:11434,http://localhost:11434", "gpu,http://gpu:11434", "10.0.0.7,http://10.0.0.7:11434",
            ":8080,http://localhost:8080", "0.0.0.0,http://localhost:11434", "[::1]:11434,http://[::1]:11434",
            "[::],http://localhost:11434", "http://gpu,http://gpu:80", "HTTPS://gpu/,https://gpu:443",
            "http://proxy/a/b/,http://proxy:80/a/b", "' gpu:1 ',http://gpu:1"})
    void readsAnAddressAsOllamaItselfDoes(String given, String url) {
        assertThat(OllamaUrl.normal(given)).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "ftp://gpu", "http://", "http://gpu:70000", "gpu:port", "http://gpu?x=1", "a b"})
    void refusesWhatIsNoAddress(String given) {
        assertThatThrownBy(() -> OllamaUrl.normal(given)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("parley.ollama.urls: " + given);
    }

    @Test
    void aPasswordInAnAddressIsRefusedAndNotRepeated() {
        for (String address : List.of("http://me:secret@gpu", "http://me:sec ret@gpu")) {
            // A cause would hold the address as it is, and hide from the start what is expected.
            assertThatThrownBy(() -> OllamaUrl.normal(address)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("ret")
                    .hasNoCause();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"parley.ollama.num-ctx=12", "parley.ollama.model=", "parley.ollama.urls=ftp://gpu"})
    void aWrongValueStopsTheStart(String setting) {
        new ApplicationContextRunner().withUserConfiguration(Configured.class)
                .withPropertyValues(setting)
                .run(context -> assertThat(context).hasFailed());
    }

    private static OllamaSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("parley.ollama",
                OllamaSettings.class);
    }

    @EnableConfigurationProperties(OllamaSettings.class)
    static class Configured {}
}
