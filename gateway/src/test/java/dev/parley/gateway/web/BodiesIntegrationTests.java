package dev.parley.gateway.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.RunningGateway;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyInserters;
import reactor.core.publisher.Flux;

/** What the reading of bodies promises, seen at one end point for all. */
class BodiesIntegrationTests extends RunningGateway {

    private static final String PATH = "/api/auth/login";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "{                               | This is no JSON: look at line 1, column 2",
            "{\"username\":}                 | This is no JSON: look at line 1, column 13",
            "username=admin                  | This is no JSON: look at line 1, column 9",
            "<xml/>                          | This is no JSON: look at line 1, column 1",
            "[]                              | The body: expected an object",
            "\"text\"                        | The body: expected an object",
            "null                            | The body: expected an object",
            "{} {}                           | The body: expected an object",
            "{\"username\":1}                | username: expected a string",
            "{\"username\":{\"a\":1}}        | username: expected a string",
            "{\"username\":\"a\",\"password\":[]} | password: expected a string",
            "{\"username\":\"a\"}            | password: is needed",
            "{}                              | username: is needed"})
    void aWrongBodyIsExplained(String body, String detail) {
        Map<String, Object> problem = json(
                client().post().uri(PATH).contentType(MediaType.APPLICATION_JSON).bodyValue(body),
                400);

        assertThat(problem).containsEntry("code", "bad_request");
        assertThat(text(problem, "detail"))
                .startsWith(detail.startsWith("This is no JSON") ? "This is no JSON" : detail);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml",
            "nonsense", ""})
    void onlyJsonIsRead(String type) {
        Map<String, Object> problem = json(client().post().uri(PATH).header(HttpHeaders.CONTENT_TYPE, type)
                .body(BodyInserters.fromDataBuffers(Flux.just(
                        org.springframework.core.io.buffer.DefaultDataBufferFactory.sharedInstance
                                .wrap("{}".getBytes(StandardCharsets.UTF_8))))),
                400);

        assertThat(problem).containsEntry("code", "bad_request");
        assertThat(text(problem, "detail")).contains("Content-Type: application/json");
    }

    @Test
    void aBodyIsNeeded() {
        assertThat(json(client().post().uri(PATH).contentType(MediaType.APPLICATION_JSON), 400))
                .containsEntry("detail", "A body is needed: a JSON object");
    }

    @Test
    void aBodyOverTheLimitIsTooLarge() {
        String body = "{\"username\":\"" + "x".repeat(70_000) + "\"}";

        assertThat(json(client().post().uri(PATH).contentType(MediaType.APPLICATION_JSON).bodyValue(body), 413))
                .containsEntry("code", "too_large")
                .containsEntry("detail", "A body may have up to 65536 bytes");
    }

    @Test
    void aBodyThatDoesNotSayItsLengthIsTooLargeJustAsWell() throws IOException {
        String chunk = "2000\r\n" + "x".repeat(0x2000) + "\r\n";

        String answer = exchange("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(9) + "0\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("\"code\":\"too_large\"");
    }

    @Test
    void aBodyAtTheLimitIsRead() {
        String start = "{\"username\":\"";
        String body = start + "x".repeat(65_536 - start.length() - 2) + "\"}";

        assertThat(json(client().post().uri(PATH).contentType(MediaType.APPLICATION_JSON).bodyValue(body), 400))
                .containsEntry("detail", "username: 65521 characters (expected: 1 to 100)");
    }

    @Test
    void aRefusedBodyDoesNotDisturbTheNextRequest() throws IOException {
        String large = "x".repeat(70_000);

        String answers = exchange("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 70000\r\n\r\n" + large
                + "GET /api/auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        assertThat(answers).startsWith("HTTP/1.1 413 ");
        // Either the connection ends there, or the next request is answered as itself.
        assertThat(answers.indexOf("HTTP/1.1", 1) < 0 || answers.contains("HTTP/1.1 401 ")).isTrue();
        assertThat(answers).doesNotContain("HTTP/1.1 400");
    }

    /** Sends this and reads what comes until the server closes or, once it has begun, is silent for a second. */
    private String exchange(String request) throws IOException {
        try (Socket socket = new Socket("localhost",
                Integer.parseInt(address().substring(address().lastIndexOf(':') + 1)))) {
            socket.setSoTimeout(Math.toIntExact(TIMEOUT.toMillis()));
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
            StringBuilder answer = new StringBuilder();
            byte[] some = new byte[8192];
            try {
                for (int n = socket.getInputStream().read(some); n >= 0; n = socket.getInputStream().read(some)) {
                    answer.append(new String(some, 0, n, StandardCharsets.UTF_8));
                    socket.setSoTimeout(Math.toIntExact(Duration.ofSeconds(1).toMillis()));
                }
            } catch (IOException silenceOrReset) {
                // What has come so far counts.
            }
            return answer.toString();
        }
    }
}
