package dev.parley.gateway.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A TCP connection that speaks just enough HTTP/1.1, and ends as it is told to. Reading is for one thread at a time, writing
 * for all.
 */
public final class Wire implements AutoCloseable {

    private static final int TIMEOUT_MS = 60_000;
    private static final int MAX_LINE = 64 * 1024;

    private final Socket socket;
    private final InputStream in;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** The ways in which networks end a connection. */
    public enum Ending {
        /** At once and without a word, with whatever is still under way. */
        RESET,
        /** By a FIN, after all that was sent; what the other side still says is received, and read by nobody. */
        FIN
    }

    /** The first part of a response; the names of its headers in small letters. */
    public record Head(int status, Map<String, String> headers) {

        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), 4096);
    }

    /** @param address such as {@code http://localhost:8080} */
    public static Wire to(String address) throws IOException {
        return to(address, 0);
    }

    /** @param receiveBuffer how much the kernel takes that nobody reads; 0: as it likes */
    public static Wire to(String address, int receiveBuffer) throws IOException {
        URI uri = URI.create(address);
        Socket socket = new Socket();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()), TIMEOUT_MS);
            return new Wire(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    public void send(byte[] bytes) throws IOException {
        synchronized (socket) {
            socket.getOutputStream().write(bytes);
        }
    }

    /** Sends a request without a body. */
    public void request(String method, String target, Map<String, String> headers) throws IOException {
        StringBuilder text = new StringBuilder(method).append(' ').append(target)
                .append(" HTTP/1.1\r\nHost: localhost\r\n");
        headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        send(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    public Head head() throws IOException {
        String status = line();
        Map<String, String> headers = new HashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        return new Head(Integer.parseInt(status.split(" ", -1)[1]), headers);
    }

    /** The whole body of a response. */
    public String body(Head head) throws IOException {
        if (head.header("transfer-encoding").equals("chunked")) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
                all.writeBytes(chunk);
            }
            return all.toString(StandardCharsets.UTF_8);
        }
        String length = head.header("content-length");
        return length.isEmpty() ? "" : new String(bytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
    }

    /** The next chunk of a body that comes in chunks, empty at its end. */
    byte[] chunk() throws IOException {
        byte[] chunk = bytes(Integer.parseInt(line(), 16));
        line();
        return chunk;
    }

    byte[] bytes(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("the connection has ended");
        }
        return bytes;
    }

    int octet() throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException("the connection has ended");
        }
        return octet;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = octet(); c != '\n'; c = octet()) {
            line.append((char) c);
            if (line.length() > MAX_LINE) {
                throw new IOException("a line without an end");
            }
        }
        return line.toString().strip();
    }

    /** Ends it now, if it has not ended yet. Whoever reads gets an exception, soon after a FIN and at once after a reset. */
    public void end(Ending how) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        try {
            switch (how) {
                case RESET -> socket.setSoLinger(true, 0);
                case FIN -> {
                    socket.shutdownOutput();
                    // Closing while there is something unread would send a reset behind the FIN.
                    Thread.ofVirtual().start(this::drain);
                    return;
                }
            }
            socket.close();
        } catch (IOException hasEnded) {
            closeQuietly();
        }
    }

    private void drain() {
        try (socket) {
            socket.setSoTimeout(5_000);
            socket.getInputStream().skip(Long.MAX_VALUE);
        } catch (IOException ended) {
            // as it was to
        }
    }

    private void closeQuietly() {
        try {
            socket.close();
        } catch (IOException hasEnded) {
            // then it is as it should be
        }
    }

    @Override
    public void close() {
        closeQuietly();
    }
}
