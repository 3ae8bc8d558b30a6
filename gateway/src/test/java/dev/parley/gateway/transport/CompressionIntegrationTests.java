package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
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
    private static final String TEXT = "/say " + "again and ".repeat(100) + "again";

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

    private void awaitFrames(int count) {
        Awaitility.await().atMost(TIMEOUT).until(() -> frames.size() >= count);
    }

    @Test
    void whoAsksForItGetsTheSameEventsCompressed() {
        Opened visitor = visitor();
        Disposable socket = follow(visitor, "", true);
        awaitFrames(1);
        post(visitor, "m1", TEXT, 201);
        Awaitility.await().atMost(TIMEOUT).until(() -> messages().size() == 2);

        assertThat(extensions.get()).contains("permessage-deflate");
        assertThat(messages()).first().extracting(message -> message.path("text").asString()).isEqualTo(TEXT);
        socket.dispose();
    }

    @Test
    void oldClientsGetTheirFormCompressed() {
        Opened visitor = visitor();
        Disposable socket = follow(visitor, "format=wrapped", true);
        awaitFrames(1);
        post(visitor, "m1", TEXT, 201);
        Awaitility.await().atMost(TIMEOUT)
                .until(() -> frames.stream().filter(frame -> frame.has("message")).count() == 2);

        assertThat(frames).filteredOn(frame -> frame.has("message")).first()
                .extracting(frame -> frame.path("message").path("text").asString()).isEqualTo(TEXT);
        socket.dispose();
    }

    @Test
    void whoDoesNotAskGetsThemPlain() {
        Opened visitor = visitor();
        Disposable socket = follow(visitor, "", false);
        awaitFrames(1);
        post(visitor, "m1", TEXT, 201);
        Awaitility.await().atMost(TIMEOUT).until(() -> messages().size() == 2);

        assertThat(extensions.get()).isEmpty();
        socket.dispose();
    }

    @Test
    void aCompressedSocketIsKeptAliveByPings() {
        Disposable socket = follow(visitor(), "", true);
        Awaitility.await().atMost(Duration.ofSeconds(10))
                .until(() -> frames.stream().anyMatch(frame -> frame.path("type").asString().equals("ping")));

        assertThat(socket.isDisposed()).isFalse();
        socket.dispose();
    }

    private List<JsonNode> messages() {
        return frames.stream().filter(frame -> frame.path("type").asString().equals("message")).toList();
    }
}
