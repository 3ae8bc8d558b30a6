package dev.parley.gateway.rehearsal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.parley.gateway.NoLeaks;
import dev.parley.gateway.rehearsal.RehearsalLedger.Chat;
import dev.parley.gateway.rehearsal.RehearsalLedger.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What goes over the wire, seen by an HTTP client that knows nothing of Ollama. */
@ExtendWith(NoLeaks.class)
class RehearsalModelTests {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final RehearsalSettings QUICK = RehearsalSettings.defaults()
            .withFirstToken(Duration.ofMillis(1))
            .withTokensPerSecond(2_000);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient client = HttpClient.newHttpClient();
    private RehearsalModel rehearsal = RehearsalModel.start(QUICK);

    @AfterEach
    void close() {
        rehearsal.close();
        client.shutdownNow();
    }

    @Test
    void saysThatOllamaIsRunning() throws Exception {
        assertThat(get("/").body()).isEqualTo("Ollama is running");
        assertThat(get("/api/version").body()).isEqualTo("{\"version\":\"0.0.0-rehearsal\"}");
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/api/chat").statusCode()).isEqualTo(404);
    }

    @Test
    void listsItsModelUnderOllamasNames() throws Exception {
        restart(QUICK.withModel("llama3.2"));

        JsonNode model = json(get("/api/tags")).path("models").path(0);

        assertThat(model.propertyNames()).containsExactly("name", "model", "modified_at", "size", "digest", "details");
        assertThat(model.path("name").asString()).isEqualTo("llama3.2:latest");
        JsonNode shown = json(post("/api/show", "{\"model\":\"llama3.2\"}"));
        assertThat(shown.path("capabilities").toString()).isEqualTo("[\"completion\",\"tools\",\"thinking\"]");
        assertThat(shown.path("model_info").path("rehearsal.context_length").asInt()).isPositive();
    }

    @Test
    void aModelIsListedAsRunningFromItsLoadToItsUnload() throws Exception {
        assertThat(get("/api/ps").body()).isEqualTo("{\"models\":[]}");

        HttpResponse<String> load = post("/api/chat",
                "{\"model\":\"a\",\"messages\":[],\"options\":{\"num_ctx\":2048},\"keep_alive\":\"30m\"}");
        assertThat(type(load)).isEqualTo("application/json; charset=utf-8");
        assertThat(json(load).path("done_reason").asString()).isEqualTo("load");
        JsonNode running = json(get("/api/ps")).path("models").path(0);
        assertThat(running.path("name").asString()).isEqualTo("a:latest");
        assertThat(running.path("context_length").asInt()).isEqualTo(2048);
        assertThat(Instant.parse(running.path("expires_at").asString()))
                .isAfter(Instant.now().plus(Duration.ofMinutes(29)));

        HttpResponse<String> unload = post("/api/chat", "{\"model\":\"a\",\"keep_alive\":0}");
        assertThat(json(unload).path("done_reason").asString()).isEqualTo("unload");
        assertThat(get("/api/ps").body()).isEqualTo("{\"models\":[]}");
    }

    @Test
    void streamsLinesThatTogetherAreTheAnswer() throws Exception {
        List<String> said = List.of("Hello", "Où est le café?");

        HttpResponse<String> response = post("/api/chat", "{\"model\":\"m\",\"messages\":["
                + "{\"role\":\"system\",\"content\":\"Be kind.\"},{\"role\":\"user\",\"content\":\"Hello\"},"
                + "{\"role\":\"assistant\",\"content\":\"Hi\"},{\"role\":\"user\",\"content\":\"Où est le café?\"}]}");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(type(response)).isEqualTo("application/x-ndjson");
        assertThat(response.body()).endsWith("}\n");
        List<JsonNode> lines = response.body().lines().map(JSON::readTree).toList();
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.path("model").asString()).isEqualTo("m");
            assertThat(Instant.parse(line.path("created_at").asString())).isNotNull();
            assertThat(line.path("message").path("role").asString()).isEqualTo("assistant");
        });
        assertThat(
                String.join("", lines.stream().map(line -> line.path("message").path("content").asString()).toList()))
                .isEqualTo(RehearsalModel.answerTo(said));
        assertThat(lines.getFirst().propertyNames()).containsExactly("model", "created_at", "message", "done");
        assertThat(lines.getFirst().path("done").toString()).isEqualTo("false");
        assertThat(lines.getLast().propertyNames()).containsExactly("model", "created_at", "message", "done",
                "done_reason",
                "total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count",
                "eval_duration");
        assertThat(lines.getLast().path("done").toString()).isEqualTo("true");
        assertThat(lines.getLast().path("eval_count").asInt()).isEqualTo(lines.size() - 1);
        assertThat(lines.getLast().path("total_duration").asLong())
                .isGreaterThanOrEqualTo(lines.getLast().path("eval_duration").asLong());
    }

    @Test
    void answersInOneObjectWhenAskedTo() throws Exception {
        HttpResponse<String> response = post("/api/chat", chat("/say all at once", ",\"stream\":false"));

        assertThat(type(response)).isEqualTo("application/json; charset=utf-8");
        assertThat(json(response).path("message").path("content").asString()).isEqualTo("all at once");
        assertThat(json(response).path("done_reason").asString()).isEqualTo("stop");
        assertThat(onlyChat().outcome()).isEqualTo(Outcome.FINISHED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"''|missing request body", "{}|model is required",
            "{\"model\":\" \"}|model is required",
            "{\"model\"|invalid request body", "[]|invalid request body",
            "{\"model\":\"m\",\"messages\":[],\"keep_alive\":\"soon\"}|time: invalid duration \"soon\""})
    void refusesWhatIsNoRequest(String body, String text) throws Exception {
        HttpResponse<String> response = post("/api/chat", body);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(json(response).path("error").asString()).startsWith(text);
        assertThat(rehearsal.ledger().seen()).isZero();
    }

    @Test
    void refusesABodyThatIsTooLarge() throws Exception {
        HttpResponse<String> response = post("/api/chat", chat("x".repeat(9 * 1024 * 1024), ""));

        assertThat(response.statusCode()).isEqualTo(400);
    }

    @Test
    void toleratesWhatIsAbsentOrNull() throws Exception {
        HttpResponse<String> response = post("/api/chat", "{\"model\":\"m\",\"messages\":[null,{},{\"role\":\"user\","
                + "\"content\":\"/say ok\",\"images\":[]}],\"options\":{\"num_ctx\":null},\"keep_alive\":-1,\"tools\":[]}");

        assertThat(response.body()).contains("\"content\":\"ok\"");
        assertThat(Instant.parse(json(get("/api/ps")).path("models").path(0).path("expires_at").asString()))
                .isAfter(Instant.now().plus(Duration.ofDays(36_500)));
    }

    @ParameterizedTest
    @CsvSource({"/fault bad,400", "/fault missing,404", "/fault broken,500", "/fault busy,503", "/fault error 0,500"})
    void aPersonCanAskForAnError(String message, int status) throws Exception {
        HttpResponse<String> response = post("/api/chat", chat(message, ""));

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(type(response)).isEqualTo("application/json");
        assertThat(json(response).path("error").isString()).isTrue();
        assertThat(onlyChat().outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void anErrorInTheStreamIsALineOfIt() throws Exception {
        HttpResponse<String> response = post("/api/chat", chat("/fault error 2", ""));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body().lines()).hasSize(3)
                .last()
                .isEqualTo("{\"error\":\"" + Fault.RUNNER_STOPPED + "\"}");
    }

    @Test
    void nothingIsSentBeforeTheFirstTokenNotEvenTheStatus() throws Exception {
        rehearsal.next(new Fault.Stalls(0));
        try (Socket socket = ask("/long 5")) {
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == 1);
            socket.setSoTimeout(200);
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
        }
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().left() == 1);

        rehearsal.next(new Fault.Stalls(1));
        try (Socket socket = ask("/long 5")) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            assertThat(new String(socket.getInputStream().readNBytes(15), UTF_8)).isEqualTo("HTTP/1.1 200 OK");
        }
    }

    @Test
    void linesAreCutIntoPiecesOfTheGivenSize() throws Exception {
        restart(QUICK.withPieceBytes(7));
        try (Socket socket = ask("/say “é” 🙂")) {
            List<Integer> chunks = chunks(socket.getInputStream());

            assertThat(chunks).hasSizeGreaterThan(20).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(7));
        }
    }

    @Test
    void oneSlotAnswersOneAfterTheOtherInTheOrderOfComing() {
        restart(QUICK.withParallel(1).withTokensPerSecond(200));
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int n = 1; n <= 4; n++) {
            answers.add(
                    client.sendAsync(request("/api/chat", chat("/long " + (20 - 4 * n), "")), BodyHandlers.ofString()));
            long seen = n;
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() == seen);
        }

        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .orTimeout(20, TimeUnit.SECONDS).join();

        assertThat(rehearsal.ledger().chats().stream().map(Chat::ended).map(Objects::requireNonNull).toList())
                .isSorted();
        assertThat(rehearsal.ledger().finished()).isEqualTo(4);
        assertThat(rehearsal.ledger().open()).isZero();
    }

    @Test
    void aClosedModelFreesItsPort() throws IOException {
        int port = URI.create(rehearsal.url()).getPort();

        rehearsal.close();

        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
        restart(QUICK.withPort(port));
        assertThat(rehearsal.url()).isEqualTo("http://127.0.0.1:" + port);
    }

    @ParameterizedTest
    @CsvSource({"-1,1,1", "1,-1,1", "1,1,0"})
    void aWrongSettingIsNamed(int port, double tokens, int parallel) {
        assertThatThrownBy(() -> QUICK.withPort(port).withTokensPerSecond(tokens).withParallel(parallel))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("\\w+: -?[\\d.]+ \\(expected: .+\\)");
    }

    private void restart(RehearsalSettings settings) {
        rehearsal.close();
        rehearsal = RehearsalModel.start(settings);
    }

    private Chat onlyChat() {
        assertThat(rehearsal.ledger().chats()).hasSize(1);
        return rehearsal.ledger().chats().getFirst();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(rehearsal.url() + path)).timeout(PATIENCE).build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(request(path, body), BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(URI.create(rehearsal.url() + path))
                .timeout(PATIENCE)
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private Socket ask(String message) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(rehearsal.url()).getPort());
        byte[] body = chat(message, "").getBytes(UTF_8);
        socket.getOutputStream()
                .write(("POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .getBytes(UTF_8));
        socket.getOutputStream().write(body);
        return socket;
    }

    /** The sizes of the chunks of HTTP's chunked encoding, up to its end. */
    private static List<Integer> chunks(InputStream in) throws IOException {
        while (!line(in).isEmpty()) {
            // a header
        }
        var sizes = new ArrayList<Integer>();
        for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
            in.skipNBytes(size + 2);
            sizes.add(size);
        }
        return sizes;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static String chat(String message, String more) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + message + "\"}]" + more + "}";
    }

    private static JsonNode json(HttpResponse<String> response) {
        return JSON.readTree(response.body());
    }

    private static String type(HttpResponse<String> response) {
        return response.headers().firstValue("Content-Type").orElse("none");
    }
}
