package dev.parley.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway as people start it: the runnable jar, in a process of its own that can be killed. */
public final class GatewayProcess implements AutoCloseable {

    public static final String PASSWORD = "a password for tests";
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration START = Duration.ofMinutes(2);
    /** PostgreSQL's programs, which the first process unpacks for all of them. */
    private static final Path PROGRAMS = Path.of("target", "gateway-processes", "pgbin");

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final Process process;
    private final Path programs;
    private final Path log;
    private final int port;

    private GatewayProcess(Process process, Path programs, Path log, int port) {
        this.process = process;
        this.programs = programs;
        this.log = log;
        this.port = port;
    }

    /** An answer of the gateway. */
    public record Answer(int status, JsonNode body) {}

    /** Starts the jar with its data there, and waits until it is ready. */
    public static GatewayProcess start(Path dataDir, Map<String, String> environment) throws IOException {
        return start(dataDir, environment, Duration.ZERO);
    }

    /**
     * As {@link #start(Path, Map)}, with a clock that is wrong.
     *
     * @param ahead of the true time; negative: behind it
     */
    public static GatewayProcess start(Path dataDir, Map<String, String> environment, Duration ahead)
            throws IOException {
        int port = freePort();
        Path programs = sharePrograms(dataDir);
        Path log = Files.createDirectories(Path.of("target", "gateway-processes")).resolve("gateway-" + port + ".log");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m", "-XX:TieredStopAtLevel=1", "-jar",
                        Path.of("target", "parley-gateway.jar").toAbsolutePath().toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of("SERVER_PORT", Integer.toString(port), "PARLEY_DATA_DIR", dataDir.toString(),
                        "PARLEY_ADMIN_PASSWORD", PASSWORD));
        builder.environment().putAll(environment);
        if (!ahead.isZero()) {
            builder.environment().putAll(ShiftedClock.environment(ahead));
        }
        GatewayProcess gateway = new GatewayProcess(builder.start(), programs, log, port);
        try {
            Awaitility.await().atMost(START).pollInterval(Duration.ofMillis(100)).until(gateway::isReady);
        } catch (RuntimeException notReady) {
            gateway.close();
            throw new AssertionError("the gateway did not start:\n" + Files.readString(log), notReady);
        }
        ShiftedClock.tidyUp(gateway.process.pid());
        return gateway;
    }

    public boolean isReady() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the gateway has ended");
        }
        try {
            return get("/actuator/health/readiness", "").status() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    public String address() {
        return "http://localhost:" + port;
    }

    /** The time that its clock shows, to a second. */
    public Instant clock() throws IOException {
        return Instant.ofEpochSecond(get("/api/connection_stats", adminToken()).body().at("/stats/timestamp").asLong());
    }

    public int port() {
        return port;
    }

    /** What it has written so far. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    public Answer get(String path, String token) throws IOException {
        return send(request(path, token).GET());
    }

    /** Lets its JVM collect all garbage now. */
    public void collectGarbage() throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()), "GC.run").redirectErrorStream(true).start();
        jcmd.getInputStream().readAllBytes();
        if (jcmd.waitFor() != 0) {
            throw new IOException("jcmd ended with " + jcmd.exitValue());
        }
    }

    /** The body of what is no JSON. */
    public String text(String path) throws IOException, InterruptedException {
        return client.send(request(path, "").GET().build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    public Answer post(String path, String token, Map<String, ?> body) throws IOException {
        return send(request(path, token).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    public Answer delete(String path, String token) throws IOException {
        return send(request(path, token).DELETE());
    }

    /** A new visitor's dialog with the demo assistant: {@code dialog_id}, {@code visitor_token}. */
    public JsonNode openDialog() throws IOException {
        return post("/api/widget/dialogs", "", Map.of("assistant_id", 1)).body();
    }

    public String adminToken() throws IOException {
        return post("/api/auth/login", "", Map.of("username", "admin", "password", PASSWORD)).body().path("token")
                .asString();
    }

    /** As {@code kill -9} does: nothing is tidied up. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the gateway outlives SIGKILL");
        }
    }

    /** It does nothing more until {@link #thaw}, and its connections stay. */
    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    public void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int end = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        if (end != 0) {
            throw new IOException("kill -" + name + " ended with " + end);
        }
    }

    /** As the end of the test that started it. */
    @Override
    public void close() {
        stop();
        try {
            Files.delete(programs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops it as a system stops a service, by SIGTERM, and waits. */
    public void stop() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As {@link #stop}, within so long; what the process ends with. */
    public int stop(Duration patience) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(patience)) {
            throw new AssertionError("the gateway has not ended in " + patience);
        }
        return process.exitValue();
    }

    private HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(address() + path))
                .timeout(Duration.ofSeconds(30));
        return token.isEmpty() ? builder : builder.header("Authorization", "Bearer " + token);
    }

    private Answer send(HttpRequest.Builder request) throws IOException {
        try {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(),
                    response.body().startsWith("{") ? JSON.readTree(response.body()) : JSON.createObjectNode());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static Path sharePrograms(Path dataDir) throws IOException {
        return Files.createSymbolicLink(dataDir.resolve("pgbin"), Files.createDirectories(PROGRAMS).toAbsolutePath());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
