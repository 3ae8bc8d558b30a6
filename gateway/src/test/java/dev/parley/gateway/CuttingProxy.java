package dev.parley.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** Stands between a client and a server, and can cut, refuse, freeze or slow down what goes through it. */
public final class CuttingProxy implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final InetSocketAddress target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean refusing;
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile CountDownLatch answersGate = new CountDownLatch(0);
    private volatile String lastWords = "";
    private volatile Duration delay = Duration.ZERO;

    public CuttingProxy(String host, int port) throws IOException {
        this.target = new InetSocketAddress(host, port);
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Cuts all connections and refuses new ones. */
    public void cut() {
        refusing = true;
        sockets.forEach(CuttingProxy::closeQuietly);
    }

    /** Lets nothing through, and keeps the connections. */
    public void freeze() {
        gate = new CountDownLatch(1);
    }

    /** Brings the server everything, and back nothing. Whoever is cut off then never learns what became of its wishes. */
    public void holdAnswers() {
        answersGate = new CountDownLatch(1);
    }

    /** As {@link #holdAnswers}, as soon as a client has said this. */
    public void holdAnswersAfter(String words) {
        lastWords = words;
    }

    /** Whether answers are held. */
    public boolean holdsAnswers() {
        return answersGate.getCount() > 0;
    }

    /** Lets everything through, both ways, only after this time. */
    public void slow(Duration by) {
        delay = by;
    }

    /** All is well again. */
    public void heal() {
        refusing = false;
        lastWords = "";
        delay = Duration.ZERO;
        gate.countDown();
        answersGate.countDown();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (refusing) {
                    client.close();
                } else {
                    connect(client);
                }
            } catch (IOException closed) {
                // the loop's condition tells whether it was the listener
            }
        }
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket();
        try {
            server.connect(target);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException nobodyThere) {
            client.close();
            throw nobodyThere;
        }
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> pump(client, server, false));
        Thread.ofVirtual().start(() -> pump(server, client, true));
    }

    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[8192];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                gate.await();
                if (answers) {
                    answersGate.await();
                } else if (isLast(buffer, read)) {
                    lastWords = "";
                    holdAnswers();
                }
                LockSupport.parkNanos(delay.toNanos());
                out.write(buffer, 0, read);
            }
        } catch (IOException cut) {
            // both ends are closed below
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private boolean isLast(byte[] buffer, int length) {
        String words = lastWords;
        return !words.isEmpty() && new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(words);
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
        heal();
        cut();
    }
}
