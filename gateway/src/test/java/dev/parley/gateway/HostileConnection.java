package dev.parley.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.parley.gateway.Behaviour.Fate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One connection through a {@link HostileProxy}, with one request; a thread for each direction. */
final class HostileConnection {

    private static final int CHUNK = 16 * 1024;

    private final HostileProxy proxy;
    private final Socket client;
    private volatile @Nullable Socket server;
    private volatile String path = "";
    private volatile long lastByte = System.nanoTime();

    /** Nothing goes on to the gateway any more. */
    private volatile boolean deafUp;
    /** Nothing goes on to the client any more. */
    private volatile boolean deafDown;

    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private final HeadEnd head = new HeadEnd();
    private long passed;
    private long passedOfBody;

    HostileConnection(HostileProxy proxy, Socket client) {
        this.proxy = proxy;
        this.client = client;
    }

    /** Where the request goes, empty until that is known. */
    String path() {
        return path;
    }

    /** Ends when the connection does. */
    void run() {
        try {
            HttpHead request = HttpHead.read(client.getInputStream());
            if (request == null) {
                return;
            }
            path = request.path();
            proxy.requested(path);
            Behaviour behaviour = behaviour();
            if (behaviour.swallowsAll()) {
                drain(client.getInputStream());
            } else if (request.asksForUpgrade() && behaviour.refusal() > 0) {
                refuse(behaviour.refusal());
            } else {
                carry(behaviour.stripsUpgrade() ? request.withoutUpgrade() : request);
            }
        } catch (IOException gone) {
            // one side has left; both are closed by whoever runs this
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void carry(HttpHead request) throws IOException, InterruptedException {
        try (Socket upstream = proxy.connect()) {
            server = upstream;
            upstream.getOutputStream().write(request.forOneRequest().getBytes(ISO_8859_1));
            Thread up = Thread.ofVirtual().start(() -> pump(client, this::toServer));
            pump(upstream, this::toClient);
            if (deafDown) {
                up.join(); // the client learns nothing of the gateway's end
            } else {
                release();
                cut();
            }
        }
    }

    private interface Chunks {
        void take(byte[] chunk, int length) throws IOException, InterruptedException;
    }

    private void pump(Socket from, Chunks to) {
        byte[] chunk = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                lastByte = System.nanoTime();
                Thread.sleep(behaviour().delay());
                to.take(chunk, read);
            }
        } catch (IOException gone) {
            // as if it had ended
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (from == client) {
                cut(); // as proxies do whose client has left
            }
        }
    }

    private void toServer(byte[] chunk, int length) throws IOException {
        Socket upstream = server;
        if (!deafUp && upstream != null) {
            upstream.getOutputStream().write(chunk, 0, length);
        }
    }

    private synchronized void toClient(byte[] chunk, int length) throws IOException {
        if (deafDown) {
            return;
        }
        Behaviour behaviour = behaviour();
        int ofHead = head.in(chunk, length);
        int most = untilFate(behaviour, ofHead, length);
        int some = Math.min(length, most);
        if (behaviour.fate() == Fate.BLACK_HOLE && most <= length) {
            deafUp = true; // before the client has seen the last bytes, and may answer them
        }
        write(behaviour, chunk, some, Math.min(ofHead, some));
        passed += some;
        passedOfBody += Math.max(0, some - ofHead);
        if (behaviour.fate() != null && most <= length) {
            befall(behaviour.fate());
        }
    }

    /** How many of the next bytes there are before something happens. */
    private int untilFate(Behaviour behaviour, int ofHead, int length) {
        if (behaviour.fate() == null) {
            return Integer.MAX_VALUE;
        }
        if (!behaviour.ofBody()) {
            return Math.clamp(behaviour.bytes() - passed, 0, Integer.MAX_VALUE);
        }
        return head.hasEnded()
                ? Math.clamp(behaviour.bytes() - passedOfBody + ofHead, ofHead, Integer.MAX_VALUE)
                : length + 1;
    }

    private void write(Behaviour behaviour, byte[] chunk, int length, int ofHead) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write(chunk, 0, ofHead);
        held.write(chunk, ofHead, length - ofHead);
        if (held.size() >= behaviour.holdBack()) {
            release();
        }
    }

    private synchronized void release() throws IOException {
        client.getOutputStream().write(held.toByteArray());
        held.reset();
    }

    /** The proxy's behaviour has changed. */
    void reconsider() {
        Thread.ofVirtual().start(() -> {
            try {
                releaseIfAllowed();
            } catch (IOException gone) {
                cut();
            }
        });
    }

    private synchronized void releaseIfAllowed() throws IOException {
        if (!deafDown && held.size() > 0 && held.size() >= behaviour().holdBack()) {
            release();
        }
    }

    void befall(Fate fate) {
        try {
            switch (fate) {
                case CUT -> cut();
                case BLACK_HOLE -> {
                    deafUp = true;
                    deafDown = true;
                }
                case HALF_CLOSE_TO_CLIENT -> {
                    deafDown = true;
                    client.shutdownOutput();
                }
                case HALF_CLOSE_TO_SERVER -> {
                    deafUp = true;
                    deafDown = true;
                    Socket upstream = server;
                    if (upstream != null) {
                        upstream.shutdownOutput();
                    }
                }
            }
        } catch (IOException gone) {
            cut();
        }
    }

    void cutIfIdle() {
        Duration idle = behaviour().idle();
        if (idle != null && !path.isEmpty() && System.nanoTime() - lastByte > idle.toNanos()) {
            cut();
        }
    }

    void cut() {
        close(client);
        close(server);
    }

    private static void close(@Nullable Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException alreadyClosed) {
            // then it is as it should be
        }
    }

    private void refuse(int status) throws IOException {
        client.getOutputStream().write(
                "HTTP/1.1 %d No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nNo\n".formatted(status)
                        .getBytes(ISO_8859_1));
    }

    private static void drain(InputStream in) throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
    }

    private Behaviour behaviour() {
        return proxy.behaviour(path);
    }

    /** Finds the end of the response's head. */
    private static final class HeadEnd {

        private static final byte[] END = "\r\n\r\n".getBytes(ISO_8859_1);
        private int matched;

        boolean hasEnded() {
            return matched == END.length;
        }

        /** How many of these bytes are still the head's. */
        int in(byte[] chunk, int length) {
            for (int i = 0; i < length; i++) {
                if (hasEnded()) {
                    return i;
                }
                if (chunk[i] == END[matched]) {
                    matched++;
                } else {
                    matched = chunk[i] == END[0] ? 1 : 0;
                }
            }
            return length;
        }
    }
}
