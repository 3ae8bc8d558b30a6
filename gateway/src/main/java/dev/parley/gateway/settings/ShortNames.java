package dev.parley.gateway.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.origin.OriginTrackedValue;
import org.springframework.boot.origin.SystemEnvironmentOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Reads settings from environment variables with short names, such as {@code MAX_CONCURRENT_CHATS}. They win over files, and
 * lose against the command line, system properties and the setting's own long name in the environment. An empty variable
 * counts as none. Found through {@code META-INF/spring.factories}.
 */
final class ShortNames implements EnvironmentPostProcessor {

    /** Where two names stand for one setting, the first wins. */
    private static final List<ShortName> ALL = List.of(
            new ShortName("SERVER_PORT", "server.port"),
            new ShortName("PARLEY_DATA_DIR", "parley.data-dir"),
            new ShortName("PARLEY_DATABASE_URL", "parley.database.url"),
            new ShortName("PARLEY_DATABASE_USERNAME", "parley.database.username"),
            new ShortName("PARLEY_DATABASE_PASSWORD", "parley.database.password"),
            new ShortName("PARLEY_REDIS_URL", "parley.redis.url"),
            new ShortName("PARLEY_ADMIN_USERNAME", "parley.admin.username"),
            new ShortName("PARLEY_ADMIN_PASSWORD", "parley.admin.password"),
            new ShortName("PARLEY_SECRET", "parley.access.secret"),
            new ShortName("PARLEY_MAX_CONNECTIONS", "parley.connections.max-per-node"),
            new ShortName("PARLEY_CONNECTIONS_PER_MINUTE", "parley.connections.new-per-address-per-minute"),
            new ShortName("PARLEY_EXEMPT_NETWORKS", "parley.connections.exempt-networks"),
            new ShortName("MAX_CONCURRENT_CHATS", "parley.answers.max-concurrent"),
            new ShortName("MAX_CONCURRENT_PER_USER", "parley.answers.max-per-user"),
            new ShortName("REQUESTS_PER_MINUTE", "parley.answers.per-user-per-minute"),
            new ShortName("CHAT_TIMEOUT", "parley.answers.timeout"),
            new ShortName("CHAT_RETRY_ATTEMPTS", "parley.answers.retries"),
            new ShortName("ENABLE_CONCURRENT_PROCESSING", "parley.answers.concurrent"),
            new ShortName("OLLAMA_URLS", "parley.ollama.urls"),
            new ShortName("OLLAMA_HOST", "parley.ollama.urls"),
            new ShortName("OLLAMA_MODEL", "parley.ollama.model"),
            new ShortName("OPENAI_URLS", "parley.openai.urls"),
            new ShortName("OPENAI_BASE_URL", "parley.openai.urls"),
            new ShortName("OPENAI_MODEL", "parley.openai.model"),
            new ShortName("OPENAI_API_KEY", "parley.openai.api-key"));

    private record ShortName(String variable, String setting) {

        Object read(String value) {
            // What a bare number means must not depend on who reads it.
            String text = variable.equals("CHAT_TIMEOUT") && value.matches("\\d+") ? value + "ms" : value;
            return OriginTrackedValue.of(text, new SystemEnvironmentOrigin(variable));
        }
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String variables = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        PropertySource<?> given = environment.getPropertySources().get(variables);
        if (given != null) {
            environment.getPropertySources().addAfter(variables,
                    new OriginTrackedMapPropertySource("short names of the environment", read(given), true));
        }
    }

    private static Map<String, Object> read(PropertySource<?> given) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (ShortName name : ALL) {
            if (given.getProperty(name.variable()) instanceof String value && !value.isBlank()) {
                settings.putIfAbsent(name.setting(), name.read(value.strip()));
            }
        }
        return settings;
    }
}
