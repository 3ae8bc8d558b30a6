package dev.parley.gateway.rehearsal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Writes JSON by hand, since a tree and a mapper for each token would cost more than all else. Escapes what Go escapes, so
 * {@code <}, {@code >} and {@code &}, too. For one thread: it remembers the current second.
 */
final class JsonBytes {

    private static final String HEX = "0123456789abcdef";

    private long second = Long.MIN_VALUE;
    private byte[] secondText = new byte[0];

    /** For what does not change, and is encoded once. */
    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void raw(ByteBuf out, String ascii) {
        ByteBufUtil.writeAscii(out, ascii);
    }

    /** A string with its quotes. */
    static void string(ByteBuf out, String text) {
        out.writeByte('"');
        int begin = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == '\u2028'
                    || c == '\u2029') {
                ByteBufUtil.writeUtf8(out, text, begin, i);
                escaped(out, c);
                begin = i + 1;
            }
        }
        ByteBufUtil.writeUtf8(out, text, begin, text.length());
        out.writeByte('"');
    }

    private static void escaped(ByteBuf out, char c) {
        out.writeByte('\\');
        switch (c) {
            case '"', '\\' -> out.writeByte(c);
            case '\n' -> out.writeByte('n');
            case '\r' -> out.writeByte('r');
            case '\t' -> out.writeByte('t');
            default -> {
                out.writeByte('u');
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.writeByte(HEX.charAt(c >> shift & 0xF));
                }
            }
        }
    }

    /** The time of day as RFC 3339 has it, with quotes. */
    void now(ByteBuf out) {
        Instant now = Instant.now();
        if (now.getEpochSecond() != second) {
            second = now.getEpochSecond();
            // LocalDateTime leaves the seconds out where they are 0.
            String text = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC).toString();
            secondText = utf8('"' + (text.length() == 16 ? text + ":00" : text) + '.');
        }
        out.writeBytes(secondText);
        int nanos = now.getNano();
        for (int digit = 100_000_000; digit > 0; digit /= 10) {
            out.writeByte('0' + nanos / digit % 10);
        }
        raw(out, "Z\"");
    }

    static void number(ByteBuf out, long number) {
        raw(out, Long.toString(number));
    }
}
