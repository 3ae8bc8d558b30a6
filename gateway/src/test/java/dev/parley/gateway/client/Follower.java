package dev.parley.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client that follows a dialog, goes on where it was after each cut, over whichever carrier, and speaks until it is heard:
 * over the carrier where that carries both ways, by POST where it does not. All that it hears is put before its
 * {@link Judge}. A link that ends without having been told to is a failure. The methods are for one thread.
 */
public final class Follower implements AutoCloseable {

    private static final HttpClient REST = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final int UNAVAILABLE = 503;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** So long it hears nothing of what it has said before it says it again. */
    private static final Duration REPEAT = Duration.ofSeconds(2);

    private final FollowedDialog dialog;
    private final Judge judge;
    private final Map<String, String> unheard = new LinkedHashMap<>();
    private volatile String cursor;
    private volatile @Nullable Link link;
    private volatile boolean stopping;
    private volatile boolean persistent;
    private volatile @Nullable Farewells farewells;
    private volatile CountDownLatch reading = new CountDownLatch(0);
    private volatile Carrier carrier = Carrier.WEB_SOCKET;
    private volatile @Nullable Cut cut;
    private Consumer<JsonNode> witness = event -> {};
    private final AtomicInteger pieces = new AtomicInteger();
    private @Nullable Thread thread;

    /**
     * One cut in the course of events. Of a poll that is reset the last response is lost, too; one that ends by a FIN leaves
     * the next poll alone before it is answered.
     *
     * @param after so many pieces: frames, events of a stream, responses
     * @param backOver the carrier to come back over
     */
    public record Cut(int after, Wire.Ending how, Carrier backOver) {}

    private Follower(FollowedDialog dialog, String cursor) {
        this.dialog = dialog;
        this.cursor = cursor;
        this.judge = new Judge(dialog.seesAll(), cursor.isEmpty() ? 0 : Long.parseLong(cursor));
    }

    /** One that wants what comes after a seq of the log. */
    public static Follower since(FollowedDialog dialog, long seq) {
        return new Follower(dialog, Long.toString(seq));
    }

    public Judge judge() {
        return judge;
    }

    public Carrier carrier() {
        return carrier;
    }

    /** What came so far: frames, events of a stream, or responses to polls. */
    public int pieces() {
        return pieces.get();
    }

    /** Plans a cut. For before it starts. */
    public void plan(Cut planned) {
        cut = planned;
    }

    /** One that comes back by itself when it is cut off or told to come later, over the same carrier. */
    public Follower persistent() {
        persistent = true;
        return this;
    }

    /** Lets somebody else know of each event, before its judge. For before it starts. */
    public Follower witnessedBy(Consumer<JsonNode> other) {
        witness = other;
        return this;
    }

    /** One for gateways that are stopped: as {@link #persistent}, and it comes back when a goodbye has told it to. */
    public Follower obedient(Farewells told) {
        farewells = told;
        return persistent();
    }

    /** Takes nothing more from its connection, and keeps it; what is just being read is read. */
    public void stopReading() {
        reading = new CountDownLatch(1);
    }

    public void readAgain() {
        reading.countDown();
    }

    /** Begins to follow, or goes on. */
    public void start(Carrier over) {
        assertThat(thread).as("one link at a time").isNull();
        carrier = over;
        stopping = false;
        int before = judge.connections();
        thread = Thread.ofVirtual().start(this::follow);
        judge.await("a connection", following -> following.connections() > before);
    }

    /** Loses its connection, and stays away. */
    public void stop(Wire.Ending how) {
        Thread running = thread;
        if (running == null) {
            return;
        }
        stopping = true;
        readAgain();
        Link open = link;
        if (open != null) {
            open.end(how);
        }
        try {
            assertThat(running.join(PATIENCE)).as("the reader has ended").isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    private void follow() {
        try {
            while (!stopping) {
                boolean opened = false;
                try (Link open = carrier.open(dialog, cursor)) {
                    opened = true;
                    link = open;
                    judge.connected(carrier);
                    speakAgain(open);
                    read(open);
                } catch (IOException end) {
                    if (!persistent || (end instanceof RefusedException refused && refused.status() != UNAVAILABLE)) {
                        throw end;
                    }
                    if (!stopping) {
                        LockSupport.parkNanos(pause(opened, end).toNanos());
                    }
                }
            }
        } catch (IOException end) {
            if (!stopping) {
                judge.fail(end);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } catch (AssertionError | RuntimeException wrong) {
            judge.fail(wrong);
        } finally {
            link = null;
        }
    }

    private Duration pause(boolean opened, IOException end) {
        Farewells told = farewells;
        Duration asTold = told == null ? null : told.ended(carrier, opened, end);
        return asTold == null ? PAUSE : asTold;
    }

    /** Reads until the planned cut. */
    private void read(Link open) throws IOException, InterruptedException {
        while (!stopping) {
            reading.await();
            Link.Piece piece = open.next();
            Cut now = due(pieces.incrementAndGet());
            if (now == null || !(open instanceof Link.OfPolls) || now.how() != Wire.Ending.RESET) {
                take(piece);
            }
            if (now != null) {
                cut = null;
                if (open instanceof Link.OfPolls polls && now.how() == Wire.Ending.FIN) {
                    polls.ask();
                }
                carrier = now.backOver();
                open.end(now.how());
                return;
            }
        }
    }

    private @Nullable Cut due(int count) {
        Cut planned = cut;
        return planned != null && planned.after() == count ? planned : null;
    }

    private void take(Link.Piece piece) {
        Farewells told = farewells;
        for (JsonNode event : piece.events()) {
            witness.accept(event);
            if (told != null && event.path("type").asString().equals("goodbye")) {
                told.told(event);
            } else {
                judge.take(event);
            }
        }
        if (!piece.cursor().isEmpty()) {
            cursor = piece.cursor();
        }
    }

    /** Says something until it is heard; what the gateway says to it. */
    public JsonNode say(String clientMsgId, String text) {
        synchronized (unheard) {
            unheard.put(clientMsgId, text);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!isSaid(clientMsgId, text) && System.nanoTime() < end) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        JsonNode reply = judge.awaitReply(clientMsgId);
        synchronized (unheard) {
            unheard.remove(clientMsgId);
        }
        return reply;
    }

    /**
     * Says something until it is stored: again where it was refused, and where nothing is heard of it, over whichever node a
     * request comes to. What the gateway says to it in the end.
     */
    public JsonNode sayUntilStored(String clientMsgId, String text, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        Link over = link;
        while (true) {
            judge.forgetReply(clientMsgId);
            try {
                speak(over, clientMsgId, text);
            } catch (IOException cutOff) {
                // It is said again.
            }
            JsonNode reply = judge.replyWithin(clientMsgId, REPEAT);
            if (reply != null && reply.has("seq")) {
                return reply;
            }
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                throw new AssertionError("%s was not stored, but %s".formatted(clientMsgId, reply));
            }
            over = null; // whose gateway may be cut off from everything
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Whether it was sent, or will be by the next link. */
    private boolean isSaid(String clientMsgId, String text) {
        Link over = link;
        try {
            speak(over, clientMsgId, text);
            return true;
        } catch (IOException cutOff) {
            return !persistent || over instanceof Link.OfWebSocket || judge.isReplied(clientMsgId);
        }
    }

    private void speakAgain(Link open) throws IOException {
        Map<String, String> again;
        synchronized (unheard) {
            again = Map.copyOf(unheard);
        }
        for (Map.Entry<String, String> message : again.entrySet()) {
            if (!judge.isReplied(message.getKey())) {
                speak(open, message.getKey(), message.getValue());
            }
        }
    }

    private void speak(@Nullable Link over, String clientMsgId, String text) throws IOException {
        if (over instanceof Link.OfWebSocket socket) {
            socket.send(Map.of("type", "message", "client_msg_id", clientMsgId, "text", text));
        } else {
            judge.reply(clientMsgId, sayByRequest(clientMsgId, text));
        }
    }

    private JsonNode sayByRequest(String clientMsgId, String text) throws IOException {
        Farewells told = farewells;
        try {
            JsonNode reply = post("/messages", Map.of("client_msg_id", clientMsgId, "text", text));
            if (persistent && reply.path("http_status").asInt() == UNAVAILABLE) {
                throw new RefusedException(UNAVAILABLE, reply.toString());
            }
            return reply;
        } catch (IOException failed) {
            if (told != null) {
                told.failed("a message", failed);
            }
            throw failed;
        }
    }

    /** A request about the dialog; what comes of it. */
    public JsonNode post(String below, Map<String, ?> body) throws IOException {
        return request("POST", below, body);
    }

    /** As {@link #post}, with another method. */
    public JsonNode request(String method, String below, Map<String, ?> body) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(dialog.address() + dialog.path("api") + below))
                .header("Authorization", "Bearer " + dialog.token())
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .method(method, HttpRequest.BodyPublishers.ofString(Link.JSON.writeValueAsString(body)))
                .build();
        try {
            HttpResponse<String> response = REST.send(request, HttpResponse.BodyHandlers.ofString());
            JsonNode json = response.body().isEmpty()
                    ? Link.JSON.createObjectNode()
                    : Link.JSON.readTree(response.body());
            return ((ObjectNode) json).put("http_status", response.statusCode());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Sends a frame: over its own socket, or where it has none over one for this frame alone. */
    public void send(Map<String, ?> frame) throws IOException {
        if (link instanceof Link.OfWebSocket socket) {
            socket.send(frame);
            return;
        }
        try (Link.OfWebSocket once = new Link.OfWebSocket(dialog, "")) {
            once.send(frame);
            once.send(Map.of("type", "ping"));
            while (!once.next().events().getFirst().path("type").asString().equals("pong")) {
                // Frames are worked on in turn: when this one is answered, the one before it has been.
            }
        }
    }

    /** Tells the others that it types, or does so no longer. */
    public void type(boolean active) throws IOException {
        if (link instanceof Link.OfWebSocket socket) {
            socket.send(Map.of("type", active ? "typing_start" : "typing_stop"));
        } else {
            post("/typing", Map.of("typing", active));
        }
    }

    @Override
    public void close() {
        stop(Wire.Ending.FIN);
    }
}
