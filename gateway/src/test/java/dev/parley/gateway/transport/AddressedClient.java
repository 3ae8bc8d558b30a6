package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.transport.Conversations.Opened;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client with an address of its own; all of 127.0.0.0/8 is this machine. */
final class AddressedClient implements AutoCloseable {

    private static final AtomicInteger ADDRESSES = new AtomicInteger();

    private final String gateway;
    private final HttpClient http;
    private final List<Closeable> open = new ArrayList<>();
    private String forwarded = "";

    AddressedClient(String gateway, String from) {
        this.gateway = gateway.replace("localhost", "127.0.0.1");
        this.http = HttpClient.newBuilder().localAddress(InetAddress.ofLiteral(from))
                .version(HttpClient.Version.HTTP_1_1).build();
    }

    /** An address that nobody else has. */
    static String someAddress() {
        return "127.1.0." + ADDRESSES.incrementAndGet();
    }

    /** From now on it is a proxy, and says so. */
    AddressedClient speakingFor(String others) {
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

    /** It says that it was too much, and when to come again. */
    static void assertRateLimited(HttpResponse<String> refusal) {
        assertThat(refusal.statusCode()).isEqualTo(429);
        JsonNode problem = JsonMapper.shared().readTree(refusal.body());
        assertThat(problem.path("code").asString()).isEqualTo("rate_limited");
        assertThat(problem.path("retry_after_ms").asLong()).isBetween(1L, 30_000L);
        assertThat(Long.parseLong(refusal.headers().firstValue("Retry-After").orElse("")))
                .isEqualTo(Math.ceilDiv(problem.path("retry_after_ms").asLong(), 1000L));
    }

    private @Nullable HttpResponse<?> openSocket(Opened visitor) {
        try {
            socket(visitor, new WebSocket.Listener() {
            });
            return null;
        } catch (CompletionException refused) {
            if (refused.getCause() instanceof WebSocketHandshakeException handshake) {
                return handshake.getResponse();
            }
            throw refused;
        }
    }

    /** Opens a WebSocket of the visitor's dialog. */
    WebSocket socket(Opened visitor, WebSocket.Listener listener) {
        WebSocket socket = http.newWebSocketBuilder().header("Authorization", "Bearer " + visitor.token())
                .buildAsync(URI.create(gateway.replace("http:", "ws:") + path(Transport.WEBSOCKET, visitor)), listener)
                .join();
        open.add(socket::abort);
        return socket;
    }

    HttpResponse<String> get(String path, String token) throws Exception {
        return http.send(request(path, token).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String token, Map<String, ?> body) throws Exception {
        return http.send(request(path, token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    int logsIn(String username) throws Exception {
        return post("/api/auth/login", "", Map.of("username", username, "password", "a wrong one")).statusCode();
    }

    private HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + path));
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

    @Override
    public void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
        http.shutdownNow();
    }
}
