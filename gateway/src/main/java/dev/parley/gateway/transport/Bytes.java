package dev.parley.gateway.transport;

import java.io.ByteArrayOutputStream;

/** Bytes that are put together. */
final class Bytes {

    private Bytes() {}

    static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream(length);
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
