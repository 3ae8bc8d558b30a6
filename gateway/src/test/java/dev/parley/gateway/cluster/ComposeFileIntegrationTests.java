package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.springframework.boot.convert.DurationStyle;

/** What can be said of {@code docker/compose.yaml} and its secrets without Docker. */
@ResourceLock(Lanes.NODES)
class ComposeFileIntegrationTests {

    /** Of the setting {@code parley.shutdown.drain}. */
    private static final Duration DRAIN = Duration.ofSeconds(30);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void whoeverIsWaitedForIsThere() {
        Map<String, Map<String, Object>> services = Composed.services();
        assertThat(services).containsKeys("nginx", "gateway-1", "gateway-2", "postgres", "redis", "ollama");
        services.values().forEach(service -> ((Map<?, ?>) service.getOrDefault("depends_on", Map.of())).keySet()
                .forEach(other -> assertThat(services).containsKey(other.toString())));
    }

    @Test
    void aGatewayHasTheTimeToLetItsClientsGo() {
        for (String name : List.of("gateway-1", "gateway-2")) {
            Map<String, Object> gateway = Composed.services().getOrDefault(name, Map.of());
            assertThat(DurationStyle.detectAndParse(gateway.getOrDefault("stop_grace_period", "0s").toString()))
                    .isGreaterThan(DRAIN.multipliedBy(2));
        }
    }

    @Test
    void nothingIsOpenToOtherMachines() {
        Composed.services().forEach((name, service) -> assertThat((List<?>) service.getOrDefault("ports", List.of()))
                .as(name).allSatisfy(port -> assertThat(port.toString()).startsWith("127.0.0.1:")));
    }

    @Test
    void secretsAreMadeOnceAndNoTwoSetupsHaveTheSame() throws Exception {
        Map<String, String> made = read(Composed.secrets(folder.resolve("one")));
        assertThat(made).containsOnlyKeys("gateways/parley.access.secret", "gateways/parley.database.password",
                "gateways/parley.redis.url", "postgres/password", "redis/redis.conf");
        assertThat(made).containsEntry("postgres/password", made.get("gateways/parley.database.password"));
        assertThat(made.getOrDefault("gateways/parley.redis.url", "")).contains(
                made.getOrDefault("redis/redis.conf", "?").replace("requirepass ", "").strip());
        assertThat(read(Composed.secrets(folder.resolve("one")))).as("at the next start").isEqualTo(made);
        assertThat(read(Composed.secrets(folder.resolve("another"))).values())
                .doesNotContainAnyElementsOf(made.values());
    }

    private static Map<String, String> read(Map<String, Path> folders) throws Exception {
        Map<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, Path> one : folders.entrySet()) {
            try (Stream<Path> files = Files.list(one.getValue())) {
                for (Path file : files.toList()) {
                    texts.put(one.getKey() + "/" + file.getFileName(), Files.readString(file));
                }
            }
        }
        return texts;
    }
}
