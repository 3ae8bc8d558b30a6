package dev.parley.gateway.model;

import java.nio.charset.StandardCharsets;

/** What is shown of a text that a server has sent: its beginning, on one line, for it goes into the log. */
final class Excerpt {

    private static final int LENGTH = 200;

    private Excerpt() {}

    static String of(byte[] text) {
        return of(new String(text, 0, Math.min(text.length, 4 * LENGTH), StandardCharsets.UTF_8));
    }

    static String of(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() <= LENGTH ? line : line.substring(0, LENGTH) + "…";
    }
}
