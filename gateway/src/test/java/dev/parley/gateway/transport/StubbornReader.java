package dev.parley.gateway.transport;

import dev.parley.gateway.transport.Reader.Transport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;

/**
 * A visitor's client that goes on from its cursor whenever a connection breaks or falls silent, and by the next transport
 * where one has told it nothing at all. It keeps whatever it is told and drops nothing, so a repeat shows.
 */
final class StubbornReader implements AutoCloseable {

    /** For a connection's first word; then it may say something else. One that is left too early is only opened again. */
    private static final Duration MUTE = Duration.ofSeconds(2);
    private static final Duration SILENT = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final String address;
    private final Conversations.Opened visitor;
    private final Deque<Transport> ways;
    private final List<JsonNode> transcript = new CopyOnWriteArrayList<>();
    private final Set<Transport> heardBy = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile String cursor = "0";
    private volatile boolean closed;

    private StubbornReader(String address, Conversations.Opened visitor, List<Transport> ways) {
        this.address = address;
        this.visitor = visitor;
        this.ways = new ArrayDeque<>(ways);
    }

    /** Reads all of the dialog from its beginning, by the first of these transports that tells it anything. */
    @SuppressWarnings("FutureReturnValueIgnored") // it ends when it is closed
    static StubbornReader start(String address, Conversations.Opened visitor, Transport... ways) {
        StubbornReader reader = new StubbornReader(address, visitor, List.of(ways));
        reader.threads.submit(reader::run);
        return reader;
    }

    /** The seqs of all durable events, in the order in which they came. */
    List<Long> seqs() {
        return transcript.stream().map(event -> event.path("seq").asLong()).toList();
    }

    /** The transports that have told it anything. */
    Set<Transport> heardBy() {
        return heardBy;
    }

    private void run() {
        while (!closed) {
            Transport way = ways.getFirst();
            boolean heard = false;
            try {
                heard = way == Transport.POLL ? poll() : follow(way);
                Thread.sleep(PAUSE);
            } catch (ExecutionException | TimeoutException broken) {
                // it is tried again, or by another way
            } catch (InterruptedException closing) {
                return;
            }
            if (!heard && ways.size() > 1) {
                ways.removeFirst();
            }
        }
    }

    private boolean poll() throws ExecutionException, TimeoutException, InterruptedException {
        JsonNode news = inTime(() -> TestPolls.once(address + "/poll/widget/dialogs/" + visitor.dialogId(),
                visitor.token(), "echo=true&wait=2&since=" + cursor));
        heardBy.add(Transport.POLL);
        news.path("events").forEach(this::take);
        cursor = news.path("cursor").asString();
        return true;
    }

    private boolean follow(Transport way) throws ExecutionException, TimeoutException, InterruptedException {
        String path = "/widget/dialogs/%d?echo=true&since=%s".formatted(visitor.dialogId(), cursor);
        if (way == Transport.SSE) {
            try (TestStream stream = inTime(() -> TestStream.open(address, "/sse" + path, visitor.token()))) {
                return listen(way, stream.data(), stream::isOpen);
            }
        }
        try (TestSocket socket = inTime(() -> TestSocket.open(address, "/ws" + path, visitor.token()))) {
            return listen(way, socket.frames(), socket::isOpen);
        }
    }

    /** Until the connection has ended or is silent; says whether it told anything. */
    private boolean listen(Transport way, List<JsonNode> events, BooleanSupplier isOpen) throws InterruptedException {
        int taken = 0;
        boolean open = true;
        long heardAt = System.nanoTime();
        while (!closed && open && System.nanoTime() - heardAt < (taken == 0 ? MUTE : SILENT).toNanos()) {
            open = isOpen.getAsBoolean();
            int size = events.size();
            if (size > taken) {
                heardAt = System.nanoTime();
                heardBy.add(way);
                for (; taken < size; taken++) {
                    take(events.get(taken)); // a part of such a list would fail as soon as the list grows
                }
            } else {
                Thread.sleep(PAUSE);
            }
        }
        return taken > 0;
    }

    private void take(JsonNode event) {
        if (event.has("seq") && event.has("sender")) {
            transcript.add(event);
            cursor = event.path("seq").asString();
        }
    }

    /** A black hole answers nobody, and the JDK's client would wait for ever. */
    private <T> T inTime(Callable<T> opening) throws ExecutionException, TimeoutException, InterruptedException {
        Future<T> future = threads.submit(opening);
        try {
            return future.get(MUTE.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            future.cancel(true);
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.shutdownNow();
    }
}
