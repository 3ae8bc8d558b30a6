package dev.parley.gateway.transport;

import java.nio.ByteBuffer;

/**
 * Text frames of a server (<a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.2">RFC 6455, section 5.2</a>). They are
 * not masked, so one frame's bytes are good for every connection.
 */
final class WebSocketText {

    /** A ping without content. */
    static final byte[] PING = {(byte) 0x89, 0};

    private static final byte FINAL_TEXT = (byte) 0x81;
    private static final int LARGEST_IN_7_BITS = 125;
    private static final int LARGEST_IN_16_BITS = 0xffff;

    private WebSocketText() {}

    static byte[] frame(byte[] text) {
        int length = text.length;
        if (length <= LARGEST_IN_7_BITS) {
            return ByteBuffer.allocate(2 + length).put(FINAL_TEXT).put((byte) length).put(text).array();
        }
        if (length <= LARGEST_IN_16_BITS) {
            return ByteBuffer.allocate(4 + length).put(FINAL_TEXT).put((byte) 126).putShort((short) length).put(text)
                    .array();
        }
        return ByteBuffer.allocate(10 + length).put(FINAL_TEXT).put((byte) 127).putLong(length).put(text).array();
    }
}
