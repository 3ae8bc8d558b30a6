package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;
import reactor.core.Disposable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.WebsocketClientSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Where WebSockets are compressed: only for clients that ask for it, and all say the same. */
@TestPropertySource(properties = {"parley.connections.compression=true", "parley.connections.ping-interval=1s"})
class CompressionIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String TEXT = "/say " + "again and ".repeat(20) + "again";

    private final List<JsonNode> frames = new CopyOnWriteArrayList<>();
    private final AtomicReference<String> extensions = new AtomicReference<>("");

    private Disposable follow(Opened visitor, String query, boolean compress) {
        return HttpClient.create()
                .headers(headers -> headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + visitor.token()))
                .websocket(WebsocketClientSpec.builder().compress(compress).handlePing(false).build())
                .uri(address() + "/ws/widget/dialogs/%d?since=0&echo=true&%s".formatted(visitor.dialogId(), query))
                .handle((in, out) -> {
                    extensions.set(in.headers().get(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, ""));
                    return in.aggregateFrames().receive().asString().doOnNext(text -> frames.add(JSON.readTree(text)));
                })
                .subscribe();
    }

    /** A visitor's own message, as its socket is told of it; the answer follows. */
    private JsonNode messageOver(String query, boolean compress, Predicate<JsonNode> isMessage) {
        Opened visitor = visitor();
        Disposable socket = follow(visitor, query, compress);
        try {
            Awaitility.await().atMost(TIMEOUT).until(() -> !frames.isEmpty());
            post(visitor, "m1", TEXT, 201);
            Awaitility.await().atMost(TIMEOUT).until(() -> frames.stream().filter(isMessage).count() == 2);
            return frames.stream().filter(isMessage).findFirst().orElseThrow();
        } finally {
            socket.dispose();
        }
    }

    private static boolean isDirect(JsonNode frame) {
        return frame.path("type").asString().equals("message");
    }

    @Test
    void whoAsksForItGetsTheSameEventsCompressed() {
        JsonNode message = messageOver("", true, CompressionIntegrationTests::isDirect);
        assertThat(extensions.get()).contains("permessage-deflate");
        assertThat(message.path("text").asString()).isEqualTo(TEXT);
    }

    @Test
    void oldClientsGetTheirFormCompressed() {
        JsonNode message = messageOver("format=wrapped", true, frame -> frame.has("message"));
        assertThat(extensions.get()).contains("permessage-deflate");
        assertThat(message.path("message").path("text").asString()).isEqualTo(TEXT);
    }

    @Test
    void whoDoesNotAskGetsThemPlain() {
        JsonNode message = messageOver("", false, CompressionIntegrationTests::isDirect);
        assertThat(extensions.get()).isEmpty();
        assertThat(message.path("text").asString()).isEqualTo(TEXT);
    }

    @Test
    void aCompressedSocketIsKeptAliveByPings() {
        Disposable socket = follow(visitor(), "", true);
        Awaitility.await().atMost(TIMEOUT)
                .until(() -> frames.stream().anyMatch(frame -> frame.path("type").asString().equals("ping")));

        assertThat(socket.isDisposed()).isFalse();
        socket.dispose();
    }
}
