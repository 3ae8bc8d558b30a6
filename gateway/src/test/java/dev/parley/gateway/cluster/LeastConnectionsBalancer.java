package dev.parley.gateway.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A load balancer as many have one: it asks each node every so often whether it is ready, and gives a new connection to the one
 * of those that has fewest, or to the next where that does not take it. It passes bytes on and knows nothing of requests.
 */
final class LeastConnectionsBalancer implements AutoCloseable {

    private static final Duration LOOK = Duration.ofMillis(250);
    private static final int PATIENCE_MILLIS = 1_000;

    private final ServerSocket listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final HttpClient health = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual()
            .factory());
    private final Map<String, Node> nodes = new ConcurrentHashMap<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicInteger turnedAway = new AtomicInteger();

    private static final class Node {

        private final URI address;
        private final AtomicInteger open = new AtomicInteger();
        private volatile boolean isReady;

        Node(String address) {
            this.address = URI.create(address);
        }
    }

    LeastConnectionsBalancer() throws IOException {
        Thread.ofVirtual().start(this::accept);
        var _ = looking.scheduleWithFixedDelay(() -> nodes.values().forEach(this::look), 0, LOOK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    String address() {
        return "http://localhost:" + listener.getLocalPort();
    }

    /** There is such a node, whether or not it is ready. */
    void add(String address) {
        nodes.put(address, new Node(address));
    }

    void remove(String address) {
        nodes.remove(address);
    }

    /** How many connections each node has that is ready. */
    Map<String, Integer> connections() {
        return nodes.entrySet().stream().filter(node -> node.getValue().isReady)
                .collect(Collectors.toMap(Map.Entry::getKey, node -> node.getValue().open.get()));
    }

    /** Clients for whom there was no node. */
    int turnedAway() {
        return turnedAway.get();
    }

    private void look(Node node) {
        HttpRequest question = HttpRequest.newBuilder(node.address.resolve("/actuator/health/readiness"))
                .timeout(Duration.ofSeconds(5)).build();
        try {
            node.isReady = health.send(question, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException away) {
            node.isReady = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException closed) {
                // the loop's condition tells whether it was the listener
            }
        }
    }

    private void connect(Socket client) {
        Set<Node> tried = new HashSet<>();
        for (Node node = choose(tried); node != null; node = choose(tried)) {
            Socket server = new Socket();
            try {
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.address.getPort()),
                        PATIENCE_MILLIS);
                sockets.add(server);
                carry(client, server);
                return;
            } catch (IOException away) {
                node.isReady = false;
                closeQuietly(server);
            } finally {
                node.open.decrementAndGet();
            }
        }
        turnedAway.incrementAndGet();
        closeQuietly(client);
    }

    /** A connection is counted from here on, so that many who come at once do not all go to the same node. */
    private synchronized @Nullable Node choose(Set<Node> tried) {
        Node chosen = nodes.values().stream().filter(node -> node.isReady && !tried.contains(node))
                .min(Comparator.comparingInt(node -> node.open.get())).orElse(null);
        if (chosen != null) {
            tried.add(chosen);
            chosen.open.incrementAndGet();
        }
        return chosen;
    }

    /** Each way ends by itself: what a node has said before it closed comes through, whatever its client still says. */
    private void carry(Socket client, Socket server) {
        Thread there = Thread.ofVirtual().start(() -> pump(client, server));
        pump(server, client);
        closeQuietly(client); // by which the other way ends, too
        try {
            there.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeQuietly(server);
        sockets.removeAll(List.of(client, server));
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException ended) {
            shutQuietly(to);
        }
    }

    private static void shutQuietly(Socket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException alreadyClosed) {
            // then it is as it should be
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // then it is as it should be
        }
    }

    @Override
    public void close() throws IOException {
        looking.shutdownNow();
        health.shutdownNow();
        listener.close();
        sockets.forEach(LeastConnectionsBalancer::closeQuietly);
    }
}
