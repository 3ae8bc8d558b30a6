package dev.parley.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class ShortNamesTests {

    @ParameterizedTest
    @CsvSource({"SERVER_PORT,9090,server.port,9090", "PARLEY_DATA_DIR,/data,parley.data-dir,/data",
            "PARLEY_DATABASE_URL,postgresql://db,parley.database.url,postgresql://db",
            "PARLEY_DATABASE_USERNAME,ann,parley.database.username,ann",
            "PARLEY_DATABASE_PASSWORD,s3cret,parley.database.password,s3cret",
            "PARLEY_REDIS_URL,redis://cache,parley.redis.url,redis://cache",
            "PARLEY_ADMIN_USERNAME,root,parley.admin.username,root",
            "PARLEY_ADMIN_PASSWORD,s3cret,parley.admin.password,s3cret",
            "PARLEY_SECRET,s3cret,parley.access.secret,s3cret",
            "PARLEY_MAX_CONNECTIONS,2000,parley.connections.max-per-node,2000",
            "PARLEY_CONNECTIONS_PER_MINUTE,20,parley.connections.new-per-address-per-minute,20",
            "PARLEY_EXEMPT_NETWORKS,'10.0.0.0/8,::1/128',parley.connections.exempt-networks,'10.0.0.0/8,::1/128'",
            "MAX_CONCURRENT_CHATS,7,parley.answers.max-concurrent,7",
            "MAX_CONCURRENT_PER_USER,2,parley.answers.max-per-user,2",
            "REQUESTS_PER_MINUTE,30,parley.answers.per-user-per-minute,30",
            "CHAT_TIMEOUT,120000,parley.answers.timeout,120000ms", "CHAT_TIMEOUT,2m,parley.answers.timeout,2m",
            "CHAT_RETRY_ATTEMPTS,0,parley.answers.retries,0",
            "ENABLE_CONCURRENT_PROCESSING,false,parley.answers.concurrent,false",
            "OLLAMA_URLS,'http://a:1,http://b:2',parley.ollama.urls,'http://a:1,http://b:2'",
            "OLLAMA_HOST,gpu:11434,parley.ollama.urls,gpu:11434", "OLLAMA_MODEL,mistral,parley.ollama.model,mistral",
            "OPENAI_URLS,'http://a:1,http://b:2',parley.openai.urls,'http://a:1,http://b:2'",
            "OPENAI_BASE_URL,https://gpu/v1,parley.openai.urls,https://gpu/v1",
            "OPENAI_MODEL,qwen,parley.openai.model,qwen", "OPENAI_API_KEY,s3cret,parley.openai.api-key,s3cret"})
    void everyShortNameIsRead(String variable, String value, String setting, String expected) {
        assertThat(environment(Map.of(variable, value)).getProperty(setting)).isEqualTo(expected);
    }

    @Test
    void theListOfOllamasWinsOverTheOneHost() {
        assertThat(environment(Map.of("OLLAMA_HOST", "0.0.0.0", "OLLAMA_URLS", "http://a:1"))
                .getProperty("parley.ollama.urls"))
                .isEqualTo("http://a:1");
    }

    @Test
    void anEmptyVariableCountsAsNone() {
        assertThat(environment(Map.of("OLLAMA_MODEL", " ", "PARLEY_SECRET", "")).getProperty("parley.ollama.model"))
                .isEqualTo("of the file");
    }

    @Test
    void aShortNameWinsOverFiles() {
        assertThat(environment(Map.of("OLLAMA_MODEL", "short")).getProperty("parley.ollama.model")).isEqualTo("short");
    }

    @Test
    void theLongNameInTheEnvironmentWins() {
        assertThat(environment(Map.of("OLLAMA_MODEL", "short", "PARLEY_OLLAMA_MODEL", "long"))
                .getProperty("parley.ollama.model"))
                .isEqualTo("long");
    }

    @Test
    void aSystemPropertyWins() {
        StandardEnvironment environment = environment(Map.of("OLLAMA_MODEL", "short"),
                Map.of("parley.ollama.model", "system"));

        assertThat(environment.getProperty("parley.ollama.model")).isEqualTo("system");
    }

    private static StandardEnvironment environment(Map<String, Object> variables) {
        return environment(variables, Map.of());
    }

    private static StandardEnvironment environment(Map<String, ?> variables, Map<String, ?> system) {
        StandardEnvironment environment = new StandardEnvironment();
        MutablePropertySources sources = environment.getPropertySources();
        sources.replace(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
                new MapPropertySource(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME, Map.copyOf(system)));
        sources.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                new SystemEnvironmentPropertySource(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, Map.copyOf(variables)));
        sources.addLast(new MapPropertySource("file", Map.of("parley.ollama.model", "of the file")));
        new ShortNames().postProcessEnvironment(environment, new SpringApplication());
        return environment;
    }
}
