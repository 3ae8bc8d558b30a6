package dev.parley.gateway.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** A WebSocket, frame by frame (RFC 6455), that can also say what no client may. */
public final class RawWebSocket implements AutoCloseable {

    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int SMALL = 125;
    private static final int MEDIUM = 126;

    private final Wire wire;

    /** One frame as it came. */
    public record Frame(int opcode, ByteBuffer payload) {

        public String text() {
            return StandardCharsets.UTF_8.decode(payload.duplicate()).toString();
        }

        /** Of a close frame. */
        public int closeCode() {
            return payload.remaining() < 2 ? -1 : payload.getShort(payload.position()) & 0xFFFF;
        }
    }

    private RawWebSocket(Wire wire) {
        this.wire = wire;
    }

    /** The headers that ask for an upgrade. */
    public static Map<String, String> upgrade(String token) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Connection", "Upgrade");
        headers.put("Upgrade", "websocket");
        headers.put("Sec-WebSocket-Version", "13");
        headers.put("Sec-WebSocket-Key", "AAECAwQFBgcICQoLDA0ODw==");
        headers.put("Authorization", "Bearer " + token);
        return headers;
    }

    /** Opens one, or throws where the gateway refuses. */
    public static RawWebSocket open(Wire wire, String path, String token) throws IOException {
        wire.request("GET", path, upgrade(token));
        Wire.Head head = wire.head();
        if (head.status() != 101) {
            throw new RefusedException(head.status(), wire.body(head));
        }
        return new RawWebSocket(wire);
    }

    public void text(String text) throws IOException {
        send(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
    }

    public void send(int opcode, boolean last, byte[] payload) throws IOException {
        byte[] mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        ByteArrayOutputStream frame = header(opcode, last, payload.length, MASKED);
        frame.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ mask[i & 3]);
        }
        wire.send(frame.toByteArray());
    }

    /** As a server does it, and no client may. */
    public void sendUnmasked(int opcode, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = header(opcode, true, payload.length, 0);
        frame.writeBytes(payload);
        wire.send(frame.toByteArray());
    }

    private static ByteArrayOutputStream header(int opcode, boolean last, int length, int masked) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(length + 14);
        frame.write(opcode | (last ? FINAL : 0));
        if (length <= SMALL) {
            frame.write(masked | length);
        } else if (length <= 0xFFFF) {
            frame.write(masked | MEDIUM);
            frame.writeBytes(ByteBuffer.allocate(2).putShort((short) length).array());
        } else {
            frame.write(masked | (MEDIUM + 1));
            frame.writeBytes(ByteBuffer.allocate(8).putLong(length).array());
        }
        return frame;
    }

    /** The next frame, whatever it is. */
    public Frame frame() throws IOException {
        int first = wire.octet();
        int length = wire.octet();
        if (length >= MASKED || (first & FINAL) == 0) {
            throw new IOException("a frame that this server does not send: %x %x".formatted(first, length));
        }
        if (length == MEDIUM) {
            length = ByteBuffer.wrap(wire.bytes(2)).getShort() & 0xFFFF;
        } else if (length > MEDIUM) {
            length = Math.toIntExact(ByteBuffer.wrap(wire.bytes(8)).getLong());
        }
        return new Frame(first & 0xF, ByteBuffer.wrap(wire.bytes(length)));
    }

    /** The next text. Pings are answered; the server's close is a {@link ClosedException}. */
    public String nextText() throws IOException {
        while (true) {
            Frame frame = frame();
            switch (frame.opcode()) {
                case TEXT -> {
                    return frame.text();
                }
                case PING -> send(PONG, true, frame.payload().array());
                case CLOSE -> throw new ClosedException(frame.closeCode());
                default -> throw new IOException("a frame that this server does not send: " + frame);
            }
        }
    }

    /** Reads on until the server closes, and says with which code. */
    public int awaitClose() throws IOException {
        Frame frame = frame();
        while (frame.opcode() != CLOSE) {
            frame = frame();
        }
        return frame.closeCode();
    }

    public void end(Wire.Ending how) {
        wire.end(how);
    }

    @Override
    public void close() {
        wire.close();
    }
}
