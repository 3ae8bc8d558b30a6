package dev.parley.gateway;

import dev.parley.gateway.Behaviour.Fate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands between clients and a gateway and behaves as networks do: see {@link Behaviour}. What it does depends on the path of
 * a request and can be changed at any time; connections that are open feel the change with the next byte. It speaks HTTP/1.1
 * just well enough to know the path, so each connection carries one request, and both sides are told so
 * ({@code Connection: close}).
 *
 * <pre>
 * try (HostileProxy proxy = HostileProxy.inFrontOf(port)) {
 *     proxy.behave("/ws", Behaviour.good().refusingUpgrades(502));
 *     proxy.behave("/sse", Behaviour.good().bufferingForEver());
 *     page.open(proxy.address());
 *     proxy.heal();
 * }
 * </pre>
 */
public final class HostileProxy implements AutoCloseable {

    private static final Duration WATCH_EVERY = Duration.ofMillis(20);

    private final ServerSocket listener;
    private final InetSocketAddress gateway;
    private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
    private final Set<HostileConnection> open = ConcurrentHashMap.newKeySet();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile boolean offline;

    private HostileProxy(int port) throws IOException {
        this.gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("hostile-proxy").start(this::accept);
        Thread.ofVirtual().name("hostile-proxy-watch").start(this::watch);
    }

    /** A good one at first, on a port of its own. */
    public static HostileProxy inFrontOf(int port) throws IOException {
        return new HostileProxy(port);
    }

    public int port() {
        return listener.getLocalPort();
    }

    public String address() {
        return "http://localhost:" + port();
    }

    /** From now on so, for paths that begin so. Where several beginnings fit, the longest counts. */
    public void behave(String pathPrefix, Behaviour behaviour) {
        behaviours.put(pathPrefix, behaviour);
        open.forEach(HostileConnection::reconsider);
    }

    /** All is well again. What was swallowed is lost, and what was cut stays cut. */
    public void heal() {
        offline = false;
        behaviours.clear();
        open.forEach(HostileConnection::reconsider);
    }

    /** Cuts all connections, and each new one at once, until {@link #heal}. */
    public void offline() {
        offline = true;
        open.forEach(HostileConnection::cut);
    }

    /** Does this to the connections to such paths that are open now; new ones are not concerned. */
    public void befall(String pathPrefix, Fate fate) {
        open.stream().filter(connection -> connection.path().startsWith(pathPrefix))
                .forEach(connection -> connection.befall(fate));
    }

    /** Paths and queries of all requests to such paths so far, in order. */
    public List<String> requests(String pathPrefix) {
        return requests.stream().filter(path -> path.startsWith(pathPrefix)).toList();
    }

    /** How many connections to such paths are open on the client's side. */
    public long open(String pathPrefix) {
        return open.stream().filter(connection -> connection.path().startsWith(pathPrefix)).count();
    }

    Behaviour behaviour(String path) {
        return behaviours.entrySet()
                .stream()
                .filter(each -> path.startsWith(each.getKey()))
                .max(Map.Entry.comparingByKey((one, other) -> one.length() - other.length()))
                .map(Map.Entry::getValue)
                .orElse(Behaviour.good());
    }

    void requested(String path) {
        requests.add(path);
    }

    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(gateway);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                // the loop's condition tells whether it was the listener
            }
        }
    }

    private void serve(Socket client) {
        HostileConnection connection = new HostileConnection(this, client);
        open.add(connection);
        try {
            if (!offline) {
                connection.run();
            }
        } finally {
            connection.cut();
            open.remove(connection);
        }
    }

    private void watch() {
        while (!listener.isClosed()) {
            open.forEach(HostileConnection::cutIfIdle);
            try {
                Thread.sleep(WATCH_EVERY);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        offline();
    }
}
