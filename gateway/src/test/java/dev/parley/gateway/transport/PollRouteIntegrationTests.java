package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpMethod;
import org.springframework.beans.factory.annotation.Autowired;

/** Polls go past Spring and Reactor Netty, and nobody who polls is to notice. */
class PollRouteIntegrationTests extends Conversations {

    private final HttpClient client = HttpClient.newHttpClient();

    @Autowired
    private Connections connections;
    @Autowired
    private ConnectionStatistics statistics;

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address() + path)).timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String path(Opened visitor) {
        return "/poll/widget/dialogs/" + visitor.dialogId() + "?visitor_token=" + visitor.token();
    }

    private static void assertHeadersOfTheHouse(HttpResponse<String> response) {
        assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(response.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(response.headers().firstValue("Content-Security-Policy")).hasValue("frame-ancestors 'self'");
        assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(response.headers().allValues("Vary")).contains("Origin");
    }

    @Test
    void anAnswerCarriesTheHeadersOfTheHouse() throws Exception {
        HttpResponse<String> response = send(request(path(visitor()) + "&wait=0").header("Origin", address()));
        assertThat(response.statusCode()).isEqualTo(200);
        assertHeadersOfTheHouse(response);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).hasValue(address());
    }

    @Test
    void aRefusalCarriesThemTooAndAPageMayReadIt() throws Exception {
        HttpResponse<String> response = send(
                request("/poll/widget/dialogs/1?visitor_token=none").header("Origin", address()));
        assertThat(response.statusCode()).isEqualTo(401);
        assertHeadersOfTheHouse(response);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(response.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).hasValue(address());
        assertThat(response.body()).contains("\"code\":\"unauthorized\"");
    }

    @Test
    void aPageOfAnOriginThatTheAssistantDoesNotAllowIsRefused() throws Exception {
        long shy = id(json(request(HttpMethod.POST, "/api/assistants", admin())
                .bodyValue(Map.of("name", "Shy", "allowed_origins", List.of("https://shop.example"))), 201));
        Opened visitor = opened(
                json(client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", shy)), 201));
        assertThat(send(request(path(visitor) + "&wait=0").header("Origin", "https://shop.example")).statusCode())
                .isEqualTo(200);
        assertThat(send(request(path(visitor) + "&wait=0").header("Origin", "https://other.example")).statusCode())
                .isEqualTo(403);
    }

    @Test
    void anAddressThatIsWrittenInAnotherWayLeadsToTheSamePoll() throws Exception {
        Opened visitor = visitor();
        String id = Long.toString(visitor.dialogId()).chars().mapToObj("%%%02x"::formatted)
                .collect(Collectors.joining());
        HttpResponse<String> response = send(
                request("/poll/widget/dialogs/" + id + "?wait=0&visitor_token=" + visitor.token()));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("\"cursor\":\"0\"");
        assertHeadersOfTheHouse(response);
    }

    @Test
    void whatIsNoPollIsNoneOfItsBusiness() throws Exception {
        assertThat(send(request("/poll/widget/dialogs/x?visitor_token=" + visitor().token())).statusCode())
                .isEqualTo(404);
        assertThat(send(request("/poll/widget/dialogs/")).statusCode()).isEqualTo(404);
        HttpResponse<String> posted = send(
                request(path(visitor())).POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(posted.statusCode()).isEqualTo(405);
        assertThat(posted.headers().firstValue("Allow")).hasValue("GET");
    }

    private static String get(String path, Opened visitor, String... headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + visitor.token() + "\r\n"
                + Arrays.stream(headers).map(header -> header + "\r\n").collect(Collectors.joining()) + "\r\n";
    }

    private static String poll(Opened visitor, String query, String... headers) {
        return get("/poll/widget/dialogs/" + visitor.dialogId() + "?" + query, visitor, headers);
    }

    private static String history(Opened visitor) {
        return get("/api/widget/dialogs/" + visitor.dialogId() + "/messages", visitor);
    }

    private Socket send(String requests) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(address()).getPort());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    @Test
    void requestsThatAreSentAtOnceAreAnsweredInTheirOrder() throws Exception {
        Opened visitor = visitor();
        String waits = poll(visitor, "since=0&wait=1");
        String isWrong = poll(visitor, "since=%25x");
        String isAtOnce = poll(visitor, "wait=0");
        try (Socket socket = send(isAtOnce + waits + history(visitor) + isWrong + history(visitor) + waits + isAtOnce
                + isWrong)) {
            BufferedReader in = reader(socket);
            for (String expected : List.of("cursor", "cursor", "messages", "bad_request", "messages", "cursor",
                    "cursor",
                    "bad_request")) {
                assertThat(readBody(in)).contains("\"" + expected + "\"");
            }
            socket.getOutputStream().write(isAtOnce.getBytes(StandardCharsets.US_ASCII));
            assertThat(readBody(in)).contains("\"cursor\"");
        }
    }

    @Test
    void whoeverSendsOnAndOnWhileAPollWaitsIsCutOff() throws Exception {
        Opened visitor = visitor();
        try (Socket socket = send(poll(visitor, "since=0&wait=30") + history(visitor))) {
            Awaitility.await().until(() -> statistics.of(Transport.POLL).active() == 1);
            socket.getOutputStream().write(history(visitor).repeat(60).getBytes(StandardCharsets.US_ASCII));
            assertThat(reader(socket).read()).as("the end").isNegative();
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        Awaitility.await().until(() -> statistics.of(Transport.POLL).active() == 0 && connections.size() == 0);
    }

    @Test
    void pollsThatAreWrittenInWaysOfTheirOwnAreAnsweredToo() throws Exception {
        Opened visitor = visitor();
        String common = poll(visitor, "wait=0");
        for (String own : List.of(common.replace("HTTP/1.1", "HTTP/1.0"),
                poll(visitor, "wait=0", "Connection: close"))) {
            try (Socket socket = send(own)) {
                BufferedReader in = reader(socket);
                assertThat(readBody(in)).contains("\"cursor\"");
                assertThat(in.read()).as("the end").isNegative();
            }
        }
        try (Socket socket = send(poll(visitor, "wait=0", "Content-Length: 4") + "body"
                + poll(visitor, "wait=0", "Transfer-Encoding: chunked") + "4\r\nbody\r\n0\r\n\r\n" + common)) {
            BufferedReader in = reader(socket);
            for (int i = 0; i < 3; i++) {
                assertThat(readBody(in)).contains("\"cursor\"");
            }
        }
    }

    private Socket open(Opened visitor, String query) throws IOException {
        return send(poll(visitor, query));
    }

    private static void write(Socket socket, Opened visitor, String query) throws IOException {
        socket.getOutputStream().write(poll(visitor, query).getBytes(StandardCharsets.US_ASCII));
    }

    private static int readStatus(BufferedReader in) throws IOException {
        int status = Integer.parseInt(in.readLine().split(" ", -1)[1]);
        readRest(in);
        return status;
    }

    private static String readBody(BufferedReader in) throws IOException {
        in.readLine();
        return readRest(in);
    }

    private static String readRest(BufferedReader in) throws IOException {
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        char[] body = new char[length];
        for (int read = 0; read < length;) {
            int more = in.read(body, read, length - read);
            assertThat(more).as("the body goes on").isPositive();
            read += more;
        }
        return new String(body);
    }

    @Test
    void aConnectionIsKeptFromPollToPoll() throws Exception {
        Opened visitor = visitor();
        try (Socket socket = open(visitor, "wait=0")) {
            BufferedReader in = reader(socket);
            assertThat(readStatus(in)).isEqualTo(200);
            for (String query : new String[]{"wait=1&since=0", "since=%x", "wait=0"}) {
                write(socket, visitor, query);
                assertThat(readStatus(in)).isEqualTo(query.equals("since=%x") ? 400 : 200);
            }
        }
    }

    @Test
    void whoeverShowsAnotherTokenOverTheSameConnectionIsSomebodyElse() throws Exception {
        Opened visitor = visitor();
        Opened other = new Opened(visitor.dialogId(), visitor().token());
        Opened nobody = new Opened(visitor.dialogId(), "none");
        try (Socket socket = open(visitor, "since=0&wait=1")) {
            BufferedReader in = reader(socket);
            assertThat(readStatus(in)).isEqualTo(200);
            for (Opened next : List.of(visitor, other, visitor, nobody, visitor)) {
                write(socket, next, "since=0&wait=1");
                assertThat(readStatus(in)).isEqualTo(next.equals(visitor) ? 200 : next.equals(other) ? 404 : 401);
            }
        }
    }

    @Test
    void whoeverPollsOnAndOnIsRefusedSoonAfterItsAssistantIsDisabled() throws Exception {
        long assistant = id(json(request(HttpMethod.POST, "/api/assistants", admin())
                .bodyValue(Map.of("name", "Brief", "allowed_origins", List.of("*"))), 201));
        Opened visitor = opened(
                json(client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", assistant)), 201));
        try (Socket socket = open(visitor, "since=0&wait=1")) {
            BufferedReader in = reader(socket);
            assertThat(readStatus(in)).isEqualTo(200);
            json(request(HttpMethod.DELETE, "/api/assistants/" + assistant, admin()), 200);
            Awaitility.await().until(() -> {
                write(socket, visitor, "since=0&wait=1");
                return readStatus(in) == 401;
            });
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsLeavesNothingBehind() throws Exception {
        Awaitility.await().until(() -> statistics.of(Transport.POLL).active() == 0);
        try (Socket socket = open(visitor(), "wait=30")) {
            Awaitility.await().until(() -> statistics.of(Transport.POLL).active() == 1 && connections.size() == 1);
            assertThat(socket.isConnected()).isTrue();
        }
        Awaitility.await().until(() -> statistics.of(Transport.POLL).active() == 0 && connections.size() == 0);
    }
}
