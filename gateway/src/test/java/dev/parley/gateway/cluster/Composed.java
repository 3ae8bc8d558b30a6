package dev.parley.gateway.cluster;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.NginxProcess;
import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.TestDatabase;
import dev.parley.gateway.rehearsal.RehearsalModel;
import dev.parley.gateway.rehearsal.RehearsalSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * What {@code docker/compose.yaml} describes, without Docker: its secrets, its gateways with the environment that they have
 * there, and its nginx. Nothing but addresses is another, and the model is a double of Ollama.
 */
final class Composed implements AutoCloseable {

    private static final Path DOCKER = Path.of("..", "docker");

    private final Deque<Runnable> parts = new ArrayDeque<>();
    private final List<GatewayProcess> gateways = new ArrayList<>();
    private final RehearsalModel model;
    private final NginxProcess nginx;

    Composed(Path folder) throws IOException {
        Map<String, Path> secrets = secrets(folder);
        try {
            model = with(RehearsalModel.start(RehearsalSettings.defaults().withTokensPerSecond(400)),
                    RehearsalModel::close);
            Map<String, String> environment = environment(secrets.getOrDefault("gateways", folder),
                    with(TestDatabase.fresh(), TestDatabase::close),
                    with(RedisProcess.start("include " + secrets.getOrDefault("redis", folder).resolve("redis.conf")),
                            RedisProcess::close));
            for (String name : List.of("gateway-1", "gateway-2")) {
                gateways.add(with(GatewayProcess.start(Files.createDirectories(folder.resolve(name)), environment),
                        GatewayProcess::close));
            }
            nginx = with(NginxProcess.start(gateways.stream()
                    .map(gateway -> gateway.address().replace("http://localhost", "127.0.0.1")).toList()),
                    NginxProcess::close);
        } catch (IOException | RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private Map<String, String> environment(Path secrets, TestDatabase database, RedisProcess redis)
            throws IOException {
        writeAnew(secrets.resolve("parley.database.password"), database.password());
        Path redisUrl = secrets.resolve("parley.redis.url");
        writeAnew(redisUrl, Files.readString(redisUrl).replace("redis:6379", "127.0.0.1:" + redis.port()));
        Map<String, String> environment = environment();
        environment.put("SPRING_CONFIG_IMPORT", "configtree:" + secrets + "/");
        environment.put("PARLEY_DATABASE_URL", database.url().replace(":" + database.password() + "@", "@"));
        environment.put("PARLEY_CONNECTIONS_TRUSTED_PROXIES", "127.0.0.0/8");
        environment.put("PARLEY_EXEMPT_NETWORKS", "127.0.0.0/8,::1/128");
        environment.put("PARLEY_ADMIN_PASSWORD", GatewayProcess.PASSWORD);
        environment.put("OLLAMA_URLS", model.url());
        return environment;
    }

    /** What the file calls services, as it is written there. */
    @SuppressWarnings("unchecked")
    static Map<String, Map<String, Object>> services() {
        return (Map<String, Map<String, Object>>) file().getOrDefault("services", Map.of());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> file() {
        try {
            return (Map<String, Object>) new Yaml(new SafeConstructor(new LoaderOptions()))
                    .load(Files.readString(DOCKER.resolve("compose.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a gateway, where nobody has set anything. */
    private static Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        ((Map<?, ?>) services().getOrDefault("gateway-1", Map.of()).getOrDefault("environment", Map.of()))
                .forEach((name, value) -> environment.put(name.toString(),
                        value.toString().replaceAll("\\$\\{\\w+:-([^}]*)}", "$1")));
        return environment;
    }

    /** Lets the script of the service {@code secrets} make its folders' files: {@code gateways}, {@code postgres}, {@code redis}. */
    static Map<String, Path> secrets(Path folder) throws IOException {
        Map<String, Path> folders = new LinkedHashMap<>();
        List<String> command = new ArrayList<>(List.of("/bin/sh", DOCKER.resolve("secrets.sh").toString()));
        for (String name : List.of("gateways", "postgres", "redis")) {
            Path each = Files.createDirectories(folder.resolve("secrets").resolve(name)).toAbsolutePath();
            folders.put(name, each);
            command.add(each.toString());
        }
        Process script = new ProcessBuilder(command).inheritIO().start();
        try {
            if (!script.waitFor(20, TimeUnit.SECONDS) || script.exitValue() != 0) {
                throw new IllegalStateException("secrets.sh has failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return folders;
    }

    /** It may be read only. */
    private static void writeAnew(Path file, String text) throws IOException {
        Files.delete(file);
        Files.writeString(file, text);
    }

    private <T> T with(T part, Consumer<T> stop) {
        parts.push(() -> stop.accept(part));
        return part;
    }

    NginxProcess nginx() {
        return nginx;
    }

    RehearsalModel model() {
        return model;
    }

    List<GatewayProcess> gateways() {
        return gateways;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            parts.pop().run();
        }
    }
}
