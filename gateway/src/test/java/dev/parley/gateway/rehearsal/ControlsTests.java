package dev.parley.gateway.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.parley.gateway.NoLeaks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What a program over HTTP can make of the double, and see of it; and what only a socket shows. */
@ExtendWith(NoLeaks.class)
class ControlsTests {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final RehearsalSettings PACED = RehearsalSettings.defaults().withTokensPerSecond(1_000)
            .withFirstToken(
                    Duration.ZERO);

    private final HttpClient client = HttpClient.newHttpClient();
    private final RehearsalModel rehearsal = RehearsalModel
            .start(RehearsalSettings.defaults().withTokensPerSecond(0).withFirstToken(Duration.ZERO));

    @AfterEach
    void close() {
        rehearsal.close();
        client.shutdownNow();
    }

    @Test
    void theLedgerIsToldAndForgotten() throws Exception {
        chat("/say a b");

        JsonNode ledger = json(send("GET", "/rehearsal/ledger", ""));
        assertThat(ledger.path("counts").path("finished").asInt()).isOne();
        assertThat(ledger.path("starts").path(0).path("label").asString()).isEqualTo("/say a b");
        assertThat(ledger.path("loads").path("m:latest").path("finished").asInt()).isOne();
        JsonNode chat = ledger.path("chats").path(0);
        assertThat(chat.path("outcome").asString()).isEqualTo("FINISHED");
        assertThat(chat.path("bytes_after_end").asInt()).isZero();
        assertThat(chat.path("course").path("tokens").asInt()).isEqualTo(2);
        assertThat(chat.path("course").path("reader_blocked").asString()).endsWith("s");

        assertThat(json(send("DELETE", "/rehearsal/ledger", "")).path("counts").path("seen").asInt()).isZero();
    }

    @Test
    void settingsAreChangedWhereTheyAreGiven() throws Exception {
        JsonNode now = json(send("PATCH", "/rehearsal/settings",
                "{\"pace\":{\"first_token\":\"1ms\"},\"memory\":{\"parallel\":2},\"any_model\":false}"));

        assertThat(now.path("memory").path("parallel").asInt()).isEqualTo(2);
        assertThat(now).isEqualTo(json(send("GET", "/rehearsal/settings", "")));
        assertThat(rehearsal.settings().pace()).isEqualTo(Pace.defaults().withTokensPerSecond(0)
                .withFirstToken(Duration.ofMillis(1)));
        assertThat(chat("Hi").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"memory\":{\"parallel\":0}}|parallel: 0 (expected: >= 1)",
            "{\"pace\":{\"speed\":1}}|speed", "{\"pace\":{\"first_token\":\"soon\"}}|a duration such as", "[]|object",
            "{|end-of-input"})
    void aWrongSettingChangesNothing(String patch, String why) throws Exception {
        RehearsalSettings before = rehearsal.settings();

        HttpResponse<String> answer = send("PATCH", "/rehearsal/settings", patch);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).path("error").asString()).contains(why);
        assertThat(rehearsal.settings()).isEqualTo(before);
    }

    @Test
    void faultsAreQueuedAndTakenBack() throws Exception {
        assertThat(send("POST", "/rehearsal/faults", "{\"fault\":\"busy\",\"times\":2}").body()).isEqualTo(
                "{\"queued\":2}");
        assertThat(chat("Hi").statusCode()).isEqualTo(503);
        assertThat(send("DELETE", "/rehearsal/faults", "").body()).isEqualTo("{\"queued\":0}");
        assertThat(chat("Hi").statusCode()).isEqualTo(200);
        assertThat(send("POST", "/rehearsal/faults", "{\"fault\":\"x\"}").statusCode()).isEqualTo(400);
        assertThat(send("GET", "/rehearsal/what", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aHeadHasNoBody() throws Exception {
        HttpResponse<String> head = send("HEAD", "/api/tags", "");

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void aReaderThatStopsKeepsItsSlotAndNothingIsSaidAhead() throws Exception {
        rehearsal.change(PACED.withParallel(1));
        // Far more than the kernel keeps for a socket.
        rehearsal.next(new Fault.OverlongLine(3, 32 * 1024 * 1024));
        try (Socket stuck = ask("/long 1000")) {
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().chats().getFirst().bytes() > 32 * 1024 * 1024);
            assertThat(stuck.getInputStream().read()).isEqualTo('H');
            assertThat(rehearsal.ledger().running()).isOne();
            assertThat(rehearsal.ledger().chats().getFirst().course().tokens()).as("of a thousand").isEqualTo(3);
        }
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().left() == 1);
        assertThat(rehearsal.ledger().running()).isZero();
        assertThat(rehearsal.ledger().chats().getFirst().bytesAfterEnd()).isZero();
    }

    @Test
    void theTimeInWhichNobodyReadIsInTheLedger() throws Exception {
        rehearsal.change(PACED);
        rehearsal.next(new Fault.OverlongLine(1, 32 * 1024 * 1024));
        try (Socket slow = ask("/long 2")) {
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().chats().getFirst().bytes() > 32 * 1024 * 1024);
            slow.getInputStream().skipNBytes(32 * 1024 * 1024);
            await().atMost(PATIENCE).until(() -> rehearsal.ledger().finished() == 1);
        }
        assertThat(rehearsal.ledger().chats().getFirst().course().readerBlocked()).isPositive();
    }

    @Test
    void aConnectionMayEndWithoutTheEndOfItsAnswer() throws Exception {
        rehearsal.next(new Fault.Cuts(2));
        try (Socket socket = ask("/long 9")) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(all).startsWith("HTTP/1.1 200 OK").contains("word2").doesNotContain("word3").doesNotContain(
                    "0\r\n\r\n");
        }
    }

    @Test
    void requestsFollowEachOtherOnOneConnection() throws Exception {
        try (Socket socket = ask("/say one")) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            assertThat(untilEnd(socket)).contains("one");
            write(socket, "/say two");
            assertThat(untilEnd(socket)).contains("two");
        }
    }

    @Test
    void anOldClientGetsTheAnswerWithoutChunks() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(rehearsal.url()).getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            String body = body("/say old");
            socket.getOutputStream().write(("POST /api/chat HTTP/1.0\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body).getBytes(StandardCharsets.UTF_8));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(all).contains("\r\n\r\n{\"model\"").doesNotContain("chunked").endsWith("}\n");
        }
    }

    private static String untilEnd(Socket socket) throws IOException {
        var text = new StringBuilder();
        while (text.indexOf("\r\n0\r\n\r\n") < 0) {
            text.append((char) socket.getInputStream().read());
        }
        return text.toString();
    }

    private Socket ask(String message) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(rehearsal.url()).getPort());
        write(socket, message);
        await().atMost(PATIENCE).until(() -> rehearsal.ledger().seen() > 0);
        return socket;
    }

    private static void write(Socket socket, String message) throws IOException {
        String body = body(message);
        socket.getOutputStream().write(("POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
    }

    private HttpResponse<String> chat(String message) throws Exception {
        return send("POST", "/api/chat", body(message));
    }

    private static String body(String message) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + message + "\"}]}";
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(rehearsal.url() + path))
                .timeout(PATIENCE)
                .method(method, BodyPublishers.ofString(body))
                .build(), BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        return RehearsalJson.MAPPER.readTree(response.body());
    }
}
