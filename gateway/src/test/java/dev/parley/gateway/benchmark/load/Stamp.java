package dev.parley.gateway.benchmark.load;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * What is measured by: a text that begins with {@code @T=<13 hex digits of nanoseconds>.<6 hex digits of a number>}. Whatever
 * a server wraps around it, and however many it puts into one frame, the receiver finds them in the bytes. The time is when
 * the message was due, by {@link System#nanoTime()}, which all processes of a machine share; the number counts the messages
 * of one dialog from 1.
 */
public final class Stamp {

    private static final char[] HEX = "0123456789abcdef".toCharArray();
    private static final int TIME = 13;
    private static final int NUMBER = 6;
    private static final int LENGTH = 3 + TIME + 1 + NUMBER;

    private Stamp() {}

    /** What hears of the stamps that were found. */
    @FunctionalInterface
    interface Listener {
        void found(long due, int number);
    }

    /** A text of {@code size} characters, or somewhat more where that is too short for a stamp. */
    public static String text(long due, int number, int size) {
        char[] text = new char[Math.max(size, LENGTH)];
        text[0] = '@';
        text[1] = 'T';
        text[2] = '=';
        write(text, 3, TIME, due);
        text[3 + TIME] = '.';
        write(text, 4 + TIME, NUMBER, number);
        Arrays.fill(text, LENGTH, text.length, 'x');
        return new String(text);
    }

    private static void write(char[] text, int from, int digits, long value) {
        long rest = value;
        for (int at = from + digits - 1; at >= from; at--) {
            text[at] = HEX[(int) (rest & 15)];
            rest >>>= 4;
        }
    }

    /** Finds all stamps among the readable bytes, in their order. A stamp has to be whole. */
    static void find(ByteBuf bytes, Listener listener) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (end - at >= LENGTH) {
            int distance = bytes.bytesBefore(at, end - at, (byte) '@');
            if (distance < 0 || (at += distance) + LENGTH > end) {
                return;
            }
            if (bytes.getByte(at + 1) == 'T' && bytes.getByte(at + 2) == '=') {
                listener.found(read(bytes, at + 3, TIME), (int) read(bytes, at + 4 + TIME, NUMBER));
                at += LENGTH;
            } else {
                at++;
            }
        }
    }

    private static long read(ByteBuf bytes, int from, int digits) {
        long value = 0;
        for (int at = from; at < from + digits; at++) {
            value = value << 4 | Character.digit(bytes.getByte(at), 16);
        }
        return value;
    }
}
