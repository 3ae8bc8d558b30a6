package dev.parley.gateway.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

class OpenAiSettingsTests {

    private static final String KEY = "sk-secret";

    @Test
    void thereIsNoSuchServerUnlessSomebodySaysWhere() {
        assertThat(bind(Map.of())).isEqualTo(new OpenAiSettings(List.of(), "", 8192, ""));
        // Many have these in their environment, for other programs.
        assertThat(bind(Map.of("parley.openai.api-key", "not ours\n", "parley.openai.model", "x")).isChosen())
                .isFalse();
    }

    @Test
    void everySettingIsRead() {
        OpenAiSettings settings = bind(Map.of("parley.openai.urls", "https://api.openai.com/v1,http://gpu:8000",
                "parley.openai.model", " gpt ", "parley.openai.api-key", KEY + "\n"));

        assertThat(settings.urls()).containsExactly("https://api.openai.com", "http://gpu:8000");
        assertThat(settings.model()).isEqualTo("gpt");
        assertThat(settings.apiKey()).isEqualTo(KEY);
        assertThat(settings.isChosen()).isTrue();
    }

    @Test
    void theKeyIsInNoText() {
        assertThat(new OpenAiSettings(List.of("http://gpu"), "m", 8192, KEY)).asString().contains("gpu")
                .doesNotContain(KEY);
    }

    @ParameterizedTest
    @CsvSource({"https://host/v1,https://host", "https://host,https://host", "HTTPS://host/v1/,https://host",
            "http://host:8000/,http://host:8000", "https://host/api/v1,https://host/api",
            "https://host/api/v10,https://host/api/v10", "http://[::1]:8000/v1,http://[::1]:8000",
            "http://0.0.0.0:8000/v1,http://localhost:8000", "' http://a ',http://a"})
    void aUrlIsKeptWithoutItsVersion(String given, String url) {
        assertThat(new OpenAiSettings(List.of(given), "m", 8192, "").urls()).containsExactly(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "ftp://gpu", "http://", "http://gpu:70000", "http://gpu?x=1", "a b",
            "api.openai.com", "localhost:8000", ":8000", "/v1"})
    void refusesWhatIsNoUrl(String given) {
        assertThatThrownBy(() -> new OpenAiSettings(List.of(given), "m", 8192, KEY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("parley.openai.urls: " + given + " (expected: https://host/v1")
                .hasMessageNotContaining(KEY);
    }

    @Test
    void aPasswordInAUrlIsRefusedAndNotRepeated() {
        for (String url : List.of("http://me:secret@gpu", "http://me:sec ret@gpu")) {
            assertThatThrownBy(() -> new OpenAiSettings(List.of(url), "m", 8192, ""))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("ret")
                    .hasNoCause();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sk-sec\nret", "sk-sec ret", "sk-sec\u0000ret", "sk-sëcret"})
    void aKeyThatCannotBeSentIsRefusedAndNotRepeated(String key) {
        assertThatThrownBy(() -> new OpenAiSettings(List.of("http://gpu"), "m", 8192, key))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("parley.openai.api-key: ")
                .hasMessageNotContaining("ret");
    }

    @Test
    void aServerNeedsAModel() {
        assertThatThrownBy(() -> new OpenAiSettings(List.of("http://gpu"), " ", 8192, KEY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("parley.openai.model: is empty");
    }

    @Test
    void aWrongValueStopsTheStart() {
        new ApplicationContextRunner().withUserConfiguration(Configured.class)
                .withPropertyValues("parley.openai.urls=http://gpu")
                .run(context -> assertThat(context).hasFailed());
    }

    private static OpenAiSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate("parley.openai",
                OpenAiSettings.class);
    }

    @EnableConfigurationProperties(OpenAiSettings.class)
    static class Configured {}
}
