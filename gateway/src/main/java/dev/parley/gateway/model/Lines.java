package dev.parley.gateway.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Cuts a stream of bytes into lines, wherever the network has cut it. A line ends with the byte {@code \n} alone and is
 * handed on whole and with it, so a character of several bytes is never decoded in halves. A last line without its
 * {@code \n} counts, and can be told by that. So do blank lines; see {@link #isBlank}.
 *
 * <p>Every buffer is copied from and released in the very call that brings it, so none is held when the stream fails or is
 * cancelled. What is held is one unfinished line, at most {@code maxLineBytes}; a longer one ends the stream with
 * {@link ModelException.Kind#FAILED}.
 */
final class Lines {

    private static final byte[] NOTHING = {};

    /** Stands, by identity, for the line that was too long, behind the lines that came before it. */
    private static final byte[] TOO_LONG = {};

    private final int maxLineBytes;
    private byte[] held = NOTHING;
    private int length;
    private boolean tooLong;

    private Lines(int maxLineBytes) {
        this.maxLineBytes = maxLineBytes;
    }

    /** The lines of {@code bytes}. Whoever reads them slowly makes the sender wait. */
    static Flux<byte[]> split(Flux<DataBuffer> bytes, int maxLineBytes) {
        return Flux.defer(() -> {
            var lines = new Lines(maxLineBytes);
            // The failure is thrown below map and not in it: map would not release a buffer that comes after it threw.
            return bytes.map(lines::take).concatWith(Mono.fromSupplier(lines::rest)).concatMapIterable(found -> found)
                    .map(lines::checked);
        });
    }

    /** Whether there is only white space in a line, its end being some. */
    static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return false;
            }
        }
        return true;
    }

    private List<byte[]> take(DataBuffer buffer) {
        try {
            var found = new ArrayList<byte[]>();
            while (!tooLong && buffer.readableByteCount() > 0) {
                int from = buffer.readPosition();
                int end = buffer.indexOf(b -> b == '\n', from);
                hold(buffer, (end < 0 ? buffer.writePosition() : end + 1) - from);
                if (tooLong) {
                    found.add(TOO_LONG);
                } else if (end >= 0) {
                    found.addAll(rest());
                }
            }
            return found;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    private void hold(DataBuffer buffer, int bytes) {
        if (bytes > maxLineBytes - length) {
            tooLong = true;
            held = NOTHING;
            length = 0;
            return;
        }
        if (held.length < length + bytes) {
            held = Arrays.copyOf(held, (int) Math.min(maxLineBytes, Math.max(length + bytes, held.length * 2L)));
        }
        buffer.read(held, length, bytes);
        length += bytes;
    }

    /** What is held, a whole line now. */
    private List<byte[]> rest() {
        byte[] line = length == held.length ? held : Arrays.copyOf(held, length);
        held = NOTHING;
        length = 0;
        return line.length == 0 ? List.of() : List.of(line);
    }

    private byte[] checked(byte[] line) {
        if (line == TOO_LONG) {
            throw ModelFailures.tooLong("a line", maxLineBytes + " bytes");
        }
        return line;
    }
}
