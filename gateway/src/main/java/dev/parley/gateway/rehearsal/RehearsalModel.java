package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.OllamaFormat.ChatRequest;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * A stand-in for Ollama: an HTTP server on the loopback address that speaks Ollama's own protocol and gives answers for
 * which no language model runs. It makes one process enough to try everything, and lets tests have each fault of a real one
 * when they want it.
 *
 * <p>What it answers depends on the messages of the person alone, see {@link #answerTo}. A message that begins with
 * {@code /say } is answered by exactly what follows, {@code /long n} by {@code word1 word2 …} up to n; {@code /fault …} asks
 * for one of the faults of {@link Fault}.
 *
 * <p>It never blocks and holds nothing without a bound: bodies of 8 MB, 512 chats waiting, 1,000 in the ledger, 1,000
 * queued faults.
 */
public final class RehearsalModel implements AutoCloseable {

    private static final int MAX_BODY_BYTES = 8 * 1024 * 1024;
    private static final int MAX_FAULTS = 1_000;
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final RehearsalSettings settings;
    private final RehearsalLedger ledger = new RehearsalLedger();
    private final RehearsalRunner runner;
    private final Queue<Fault> faults = new ConcurrentLinkedQueue<>();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    /** Its own: the shared ones end with whichever application of this process ends first. */
    private final LoopResources loops = LoopResources.create("rehearsal", 2, true);
    private final DisposableServer server;

    private RehearsalModel(RehearsalSettings settings) {
        this.settings = settings;
        this.runner = new RehearsalRunner(settings);
        var catalogue = new RehearsalCatalogue(settings.model(), runner);
        this.server = HttpServer.create()
                .runOn(loops)
                .host("127.0.0.1")
                .port(settings.port())
                .idleTimeout(IDLE)
                .doOnConnection(connection -> connections.add(connection.channel()))
                .route(routes -> catalogue.addTo(routes.post("/api/chat", this::chat)))
                .bindNow(PATIENCE);
    }

    /** Starts one; returns when it listens. Not for event loops. */
    public static RehearsalModel start(RehearsalSettings settings) {
        return new RehearsalModel(settings);
    }

    /** Where it listens, such as {@code http://127.0.0.1:40123}. */
    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** Lets this go wrong with the next chat that comes; several are used in order, one for each chat. */
    public void next(Fault fault) {
        if (faults.size() >= MAX_FAULTS) {
            throw new IllegalStateException(MAX_FAULTS + " faults are queued already; let some chats come first");
        }
        faults.add(fault);
    }

    /** What it has seen. */
    public RehearsalLedger ledger() {
        return ledger;
    }

    /** The whole text with which it answers a conversation, given the person's messages, oldest first. */
    public static String answerTo(List<String> userTexts) {
        return RehearsalVoice.answerTo(userTexts);
    }

    /** Closes the port and every connection; answers in flight are cut off. */
    @Override
    public void close() {
        server.disposeNow(PATIENCE);
        connections.close().awaitUninterruptibly(PATIENCE.toMillis());
        loops.dispose();
    }

    private Mono<Void> chat(HttpServerRequest request, HttpServerResponse response) {
        return body(request)
                .flatMap(body -> answer(OllamaFormat.chatRequest(body), response))
                .onErrorResume(OllamaError.class,
                        e -> RehearsalResponse.send(response, e.status(), RehearsalResponse.JSON,
                                OllamaFormat.error(e.text())));
    }

    private Mono<Void> answer(ChatRequest request, HttpServerResponse response) {
        String model = request.modelName();
        var entry = ledger.arrive(model, request.said(), request.givenOptions());
        var chat = new RehearsalChat(settings, runner, request, fault(request), entry.number());
        return request.isStream() && !request.said().isEmpty()
                ? RehearsalResponse.stream(response, chat.steps(), model, settings.pieceBytes(), entry)
                : RehearsalResponse.whole(response, chat.steps(), model, entry);
    }

    private @Nullable Fault fault(ChatRequest request) {
        Fault queued = faults.poll();
        List<String> texts = request.userTexts();
        return queued != null || texts.isEmpty() ? queued : Fault.asked(texts.getLast(), request.modelName());
    }

    private static Mono<byte[]> body(HttpServerRequest request) {
        return request.receive().asByteArray().reduceWith(ByteArrayOutputStream::new, (body, bytes) -> {
            if (body.size() + bytes.length > MAX_BODY_BYTES) {
                throw new OllamaError(400, "request body too large");
            }
            body.writeBytes(bytes);
            return body;
        }).map(ByteArrayOutputStream::toByteArray);
    }
}
