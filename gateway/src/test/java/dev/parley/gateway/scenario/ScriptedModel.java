package dev.parley.gateway.scenario;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model, with Ollama's protocol, that says each word only when it is told to. Its chats are known by their question. */
final class ScriptedModel implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String LOADED = "{\"done\":true,\"done_reason\":\"load\"}";

    private final Map<String, Chat> chats = new ConcurrentHashMap<>();
    /** Its own: the shared ones end with whichever application of this process ends first. */
    private final LoopResources loops = LoopResources.create("scripted", 1, true);
    private final DisposableServer server;

    /** One answer under way. */
    private static final class Chat {

        private final Sinks.Many<String> lines = Sinks.many().unicast().onBackpressureBuffer();
        private volatile boolean left;
    }

    ScriptedModel() {
        server = HttpServer.create().runOn(loops).host("127.0.0.1").port(0)
                .route(routes -> routes
                        .get("/api/version",
                                (request, response) -> response.sendString(Mono.just("{\"version\":\"0\"}")))
                        .post("/api/chat", this::chat))
                .bindNow();
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    private Publisher<Void> chat(HttpServerRequest request, HttpServerResponse response) {
        return request.receive().aggregate().asString(StandardCharsets.UTF_8).flatMap(body -> {
            JsonNode messages = JSON.readTree(body).path("messages");
            if (messages.isEmpty()) { // it is only to be loaded
                return response.header("Content-Type", "application/json").sendString(Mono.just(LOADED)).then();
            }
            Chat chat = new Chat();
            chats.put(messages.get(messages.size() - 1).path("content").asString(), chat);
            Flux<ByteBuf> lines = chat.lines.asFlux().map(line -> Unpooled.copiedBuffer(line, StandardCharsets.UTF_8));
            return response.header("Content-Type", "application/x-ndjson")
                    .send(lines, line -> true)
                    .then()
                    .doFinally(end -> chat.left = true);
        });
    }

    private Chat chat(String question) {
        isAsked(question);
        @Nullable
        Chat chat = chats.get(question);
        if (chat == null) {
            throw new AssertionError("nobody asks " + question);
        }
        return chat;
    }

    /** Waits until somebody has asked this. */
    void isAsked(String question) {
        Awaitility.await(question).atMost(PATIENCE).pollInterval(Duration.ofMillis(2))
                .until(() -> chats.containsKey(question));
    }

    boolean wasAsked(String question) {
        return chats.containsKey(question);
    }

    /** Says this much more. To one who has left it says it all the same, as models do. */
    void says(String question, String text) {
        chat(question).lines.tryEmitNext(JSON.writeValueAsString(
                Map.of("model", "scripted", "message", Map.of("role", "assistant", "content", text), "done", false))
                + "\n");
    }

    void ends(String question) {
        chat(question).lines.tryEmitNext("""
                {"model":"scripted","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
                """);
        chat(question).lines.tryEmitComplete();
    }

    /** Ends in the middle of the answer. */
    void breaksOff(String question) {
        chat(question).lines.tryEmitComplete();
    }

    /** Waits until the gateway wants no more of the answer. */
    void isLeft(String question) {
        Chat chat = chat(question);
        Awaitility.await("leaving " + question).atMost(PATIENCE).until(() -> chat.left);
    }

    /** Forgets what was asked, and lets go of those who still listen. */
    void forget(String question) {
        @Nullable
        Chat chat = chats.remove(question);
        if (chat != null) {
            chat.lines.tryEmitComplete();
        }
    }

    @Override
    public void close() {
        server.disposeNow();
        loops.dispose();
    }
}
