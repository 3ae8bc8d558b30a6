package dev.parley.gateway.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A load balancer that is as unkind as it can be: each new connection goes to another node than the one before it. */
public final class AlternatingProxy implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 1_000;

    private final ServerSocket listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final List<Integer> ports = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private int next;

    AlternatingProxy(List<Integer> ports) throws IOException {
        this.ports.addAll(ports);
        Thread.ofVirtual().start(this::accept);
    }

    public String address() {
        return "http://localhost:" + listener.getLocalPort();
    }

    /** A node that was started anew listens elsewhere. */
    void replace(int port, int by) {
        ports.replaceAll(known -> known == port ? by : known);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> connect(client));
            } catch (IOException closed) {
                // the loop's condition tells whether it was the listener
            }
        }
    }

    private void connect(Socket client) {
        sockets.add(client);
        for (int i = 0; i < ports.size(); i++) {
            Socket server = new Socket();
            try {
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), nextPort()), PATIENCE_MILLIS);
                sockets.add(server);
                Thread.ofVirtual().start(() -> pump(client, server));
                Thread.ofVirtual().start(() -> pump(server, client));
                return;
            } catch (IOException away) {
                closeQuietly(server);
            }
        }
        closeQuietly(client);
    }

    private synchronized int nextPort() {
        return ports.get(next++ % ports.size());
    }

    private static void pump(Socket from, Socket to) {
        try (from; to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // both are closed
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
        listener.close();
        sockets.forEach(AlternatingProxy::closeQuietly);
    }
}
