package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A WebSocket client that remembers all that it was told; the JDK's own, so no code of the server speaks to itself. */
public final class TestSocket implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final WebSocket socket;
    private final Listener listener;

    private TestSocket(WebSocket socket, Listener listener) {
        this.socket = socket;
        this.listener = listener;
    }

    /** Opens with the token in the subprotocol pair. */
    public static TestSocket open(String address, String path, String token) throws Exception {
        Listener listener = new Listener();
        WebSocket socket = CLIENT.newWebSocketBuilder()
                .subprotocols("parley", "bearer." + token)
                .buildAsync(URI.create(address.replace("http:", "ws:") + path), listener)
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(socket.getSubprotocol()).isEqualTo("parley");
        return new TestSocket(socket, listener);
    }

    /** Opens without any subprotocol, with the token as a header or in the path. */
    static TestSocket openPlain(String address, String path, @Nullable String header, String... subprotocols)
            throws Exception {
        Listener listener = new Listener();
        WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
        if (header != null) {
            builder.header("Authorization", header);
        }
        if (subprotocols.length > 0) {
            builder.subprotocols(subprotocols[0], Arrays.copyOfRange(subprotocols, 1, subprotocols.length));
        }
        return new TestSocket(builder.buildAsync(URI.create(address.replace("http:", "ws:") + path), listener)
                .get(PATIENCE.toSeconds(), TimeUnit.SECONDS), listener);
    }

    public void send(String json) {
        socket.sendText(json, true).join();
    }

    void message(String clientMsgId, String text) {
        send(JSON.writeValueAsString(java.util.Map.of("type", "message", "client_msg_id", clientMsgId, "text", text)));
    }

    void sendBinary(byte... bytes) {
        socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
    }

    /** All frames so far, in order. */
    List<JsonNode> frames() {
        return listener.frames;
    }

    public List<JsonNode> frames(String type) {
        return listener.frames.stream().filter(frame -> type(frame).equals(type)).toList();
    }

    /** The first frame of this type, which has to come. */
    public JsonNode await(String type) {
        return await(type, frame -> true);
    }

    public JsonNode await(String type, Predicate<JsonNode> wanted) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> frames(type).stream().anyMatch(wanted));
        return frames(type).stream().filter(wanted).findFirst().orElseThrow();
    }

    /** Waits for the message with this text. */
    JsonNode awaitMessage(String text) {
        return await("message", frame -> frame.path("text").asString().equals(text));
    }

    public int closeCode() throws Exception {
        return listener.closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    public boolean isOpen() {
        return !listener.closed.isDone();
    }

    static String type(JsonNode frame) {
        return frame.path("type").asString("");
    }

    /** What an answer's deltas make, by their offsets. */
    String grown(String requestId) {
        StringBuilder text = new StringBuilder();
        frames("answer_delta").stream().filter(frame -> frame.path("request_id").asString().equals(requestId))
                .forEach(delta -> {
                    text.setLength(delta.path("offset").asInt());
                    text.append(delta.path("text").asString());
                });
        return text.toString();
    }

    @Override
    public void close() {
        socket.abort();
    }

    private static final class Listener implements WebSocket.Listener {

        private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final StringBuilder partial = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            partial.append(data);
            if (last) {
                frames.add(JSON.readTree(partial.toString()));
                partial.setLength(0);
            }
            webSocket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
            closed.complete(statusCode);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            closed.complete(-1);
        }
    }
}
