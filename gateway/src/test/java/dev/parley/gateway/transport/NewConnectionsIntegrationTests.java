package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** How many connections one address may open, seen from clients with addresses of their own. */
@TestPropertySource(properties = {"parley.connections.new-per-address-per-minute=2",
        "parley.connections.exempt-networks=127.0.0.1", "parley.connections.trusted-proxies=127.9.0.0/16"})
class NewConnectionsIntegrationTests extends Conversations {

    private static final AtomicInteger ADDRESSES = new AtomicInteger();
    private static final JsonMapper JSON = JsonMapper.shared();

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void theThirdWithinAMinuteIsRefusedAndOtherAddressesAreNotTouched(Transport transport) throws Exception {
        Opened visitor = visitor();
        Client flood = new Client(someAddress());
        assertThat(flood.opens(transport, visitor)).isEqualTo(200);
        assertThat(flood.opens(transport, visitor)).isEqualTo(200);

        HttpResponse<String> refusal = flood.refusal(transport, visitor);
        assertThat(refusal.statusCode()).isEqualTo(429);
        JsonNode problem = JSON.readTree(refusal.body());
        assertThat(problem.path("code").asString()).isEqualTo("rate_limited");
        assertThat(problem.path("retry_after_ms").asLong()).isBetween(1L, 30_000L);
        assertThat(Long.parseLong(refusal.headers().firstValue("Retry-After").orElse("")))
                .isEqualTo(Math.ceilDiv(problem.path("retry_after_ms").asLong(), 1000L));

        assertThat(new Client(someAddress()).opens(transport, visitor)).isEqualTo(200);
    }

    @Test
    void allTransportsShareOneLimit() throws Exception {
        Opened visitor = visitor();
        Client client = new Client(someAddress());
        assertThat(client.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
        assertThat(client.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(client.opens(Transport.POLL, visitor)).isEqualTo(429);
    }

    @Test
    void whoIsNobodyIsCountedAndThenNotEvenAskedWhoItIs() throws Exception {
        Opened visitor = visitor();
        Client stranger = new Client(someAddress());
        Opened forged = new Opened(visitor.dialogId(), "forged");
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(401);
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(401);
        assertThat(stranger.opens(Transport.SSE, forged)).isEqualTo(429);
        assertThat(stranger.opens(Transport.WEBSOCKET, visitor)).isEqualTo(429);
    }

    @Test
    void aPollerIsNeverCutOff() throws Exception {
        Opened visitor = visitor();
        Client client = new Client(someAddress());
        assertThat(client.opens(Transport.POLL, visitor)).isEqualTo(200);
        for (int i = 0; i < 50; i++) {
            assertThat(client.get("/poll/widget/dialogs/%d?wait=0&since=0".formatted(visitor.dialogId()),
                    visitor.token()).statusCode()).isEqualTo(200);
        }
        assertThat(client.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
    }

    @Test
    void evenPollsHaveABound() throws Exception {
        Client client = new Client(someAddress());
        int status = 0;
        for (int i = 0; i < 5000 && status != 429; i++) {
            status = client.get("/poll/widget/dialogs/1?since=0", "nobody").statusCode();
        }
        assertThat(status).isEqualTo(429);
        assertThat(client.get("/sse/widget/dialogs/1", "nobody").statusCode()).isEqualTo(401);
    }

    @Test
    void anExemptAddressMayOpenAsManyAsItLikes() throws Exception {
        Opened visitor = visitor();
        Client home = new Client("127.0.0.1");
        for (int i = 0; i < 10; i++) {
            assertThat(home.opens(Transport.WEBSOCKET, visitor)).isEqualTo(200);
        }
    }

    @Test
    void behindATrustedProxyClientsAreToldApart() throws Exception {
        Opened visitor = visitor();
        Client one = new Client("127.9.0.1").speakingFor("203.0.113.1");
        Client other = new Client("127.9.0.1").speakingFor("198.51.100.7, 203.0.113.2, 127.9.0.2");
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(one.opens(Transport.SSE, visitor)).isEqualTo(429);
        assertThat(other.opens(Transport.SSE, visitor)).isEqualTo(200);
    }

    @Test
    void nobodyElseMayInventAnAddress() throws Exception {
        Opened visitor = visitor();
        String address = someAddress();
        assertThat(new Client(address).speakingFor("203.0.113.11").opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(new Client(address).speakingFor("203.0.113.12").opens(Transport.SSE, visitor)).isEqualTo(200);
        assertThat(new Client(address).speakingFor("203.0.113.13").opens(Transport.SSE, visitor)).isEqualTo(429);
        assertThat(new Client(address).speakingFor("127.0.0.1").opens(Transport.SSE, visitor)).isEqualTo(429);
    }

    @Test
    void whoGuessesPasswordsIsKnownByTheSameAddress() throws Exception {
        String name = text(user("operator"), "username");
        Client one = new Client("127.9.0.1").speakingFor("203.0.113.21");
        Client other = new Client("127.9.0.1").speakingFor("203.0.113.22");
        for (int i = 0; i < 5; i++) {
            assertThat(one.logsIn(name)).isEqualTo(401);
        }
        assertThat(one.logsIn(name)).isEqualTo(429);
        assertThat(other.logsIn(name)).isEqualTo(401);
    }

    @Test
    void administratorsSeeHowManyWereRefused() throws Exception {
        Opened visitor = visitor();
        Client flood = new Client(someAddress());
        long before = refusedStreams();
        for (int i = 0; i < 5; i++) {
            flood.opens(Transport.SSE, visitor);
        }
        assertThat(refusedStreams()).isEqualTo(before + 3);
    }

    private long refusedStreams() {
        JsonNode stats = JSON.valueToTree(json(request(HttpMethod.GET, "/api/connection_stats", admin()), 200))
                .path("stats");
        assertThat(stats.path("rate_limits").path("connections").asLong())
                .isGreaterThanOrEqualTo(stats.path("transports").path("sse").path("refused").path("rate_limited")
                        .asLong());
        return stats.path("transports").path("sse").path("refused").path("rate_limited").asLong();
    }

    private static String someAddress() {
        return "127.1.0." + ADDRESSES.incrementAndGet();
    }

    /** A client with an address of its own; all of 127.0.0.0/8 is this machine. */
    private final class Client {

        private final HttpClient http;
        private String forwarded = "";

        Client(String from) {
            http = HttpClient.newBuilder().localAddress(InetAddress.ofLiteral(from))
                    .version(HttpClient.Version.HTTP_1_1).build();
            open.add(http::shutdownNow);
        }

        Client speakingFor(String others) {
            forwarded = others;
            return this;
        }

        /** The status; 200 where it is open, and stays so. */
        int opens(Transport transport, Opened visitor) throws Exception {
            if (transport == Transport.WEBSOCKET) {
                HttpResponse<?> refusal = openSocket(visitor);
                return refusal == null ? 200 : refusal.statusCode();
            }
            var response = http.send(request(path(transport, visitor), visitor.token()).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            open.add(response.body());
            return response.statusCode();
        }

        /** A refused handshake's body cannot be read with this client: asked for without an upgrade, it is the same. */
        HttpResponse<String> refusal(Transport transport, Opened visitor) throws Exception {
            if (transport == Transport.WEBSOCKET) {
                HttpResponse<?> refusal = openSocket(visitor);
                assertThat(refusal).isNotNull();
                assertThat(refusal.statusCode()).isEqualTo(429);
                assertThat(refusal.headers().firstValue("Retry-After")).isPresent();
            }
            return get(path(transport, visitor), visitor.token());
        }

        private @Nullable HttpResponse<?> openSocket(Opened visitor) {
            try {
                WebSocket socket = http.newWebSocketBuilder().header("Authorization", "Bearer " + visitor.token())
                        .buildAsync(URI.create(here().replace("http:", "ws:") + path(Transport.WEBSOCKET, visitor)),
                                new WebSocket.Listener() {
                                })
                        .join();
                open.add(socket::abort);
                return null;
            } catch (CompletionException refused) {
                if (refused.getCause() instanceof WebSocketHandshakeException handshake) {
                    return handshake.getResponse();
                }
                throw refused;
            }
        }

        HttpResponse<String> get(String path, String token) throws Exception {
            return http.send(request(path, token).build(), HttpResponse.BodyHandlers.ofString());
        }

        int logsIn(String username) throws Exception {
            return http.send(request("/api/auth/login", "")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers
                            .ofString("{\"username\":\"%s\",\"password\":\"a wrong one\"}".formatted(username)))
                    .build(), HttpResponse.BodyHandlers.ofString()).statusCode();
        }

        private HttpRequest.Builder request(String path, String token) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(here() + path));
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            return forwarded.isEmpty() ? request : request.header("X-Forwarded-For", forwarded);
        }

        private static String path(Transport transport, Opened visitor) {
            return switch (transport) {
                case WEBSOCKET -> "/ws/widget/dialogs/" + visitor.dialogId();
                case SSE -> "/sse/widget/dialogs/" + visitor.dialogId();
                case POLL -> "/poll/widget/dialogs/" + visitor.dialogId() + "?wait=0";
            };
        }

        private String here() {
            return address().replace("localhost", "127.0.0.1");
        }
    }
}
