package dev.parley.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The head of an HTTP/1.1 request, by its lines. */
record HttpHead(List<String> lines) {

    private static final int LONGEST = 64 * 1024;

    /** Reads up to the empty line and not a byte more, or nothing where the stream ends before. */
    static @Nullable HttpHead read(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int ends = 0;
        while (ends < 2) {
            int next = in.read();
            if (next < 0 || bytes.size() > LONGEST) {
                return null;
            }
            bytes.write(next);
            ends = next == '\n' ? ends + 1 : next == '\r' ? ends : 0;
        }
        return new HttpHead(bytes.toString(ISO_8859_1).strip().lines().toList());
    }

    /** With the query. */
    String path() {
        String[] words = lines.getFirst().split(" ", -1);
        return words.length > 1 ? words[1] : "";
    }

    boolean asksForUpgrade() {
        return lines.stream().anyMatch(isHeader("upgrade"));
    }

    HttpHead withoutUpgrade() {
        return new HttpHead(lines.stream().filter(isHeader("upgrade").negate()).toList());
    }

    /** As text, to say that no other request follows on this connection; an upgrade says that already. */
    String forOneRequest() {
        Stream<String> all = asksForUpgrade()
                ? lines.stream()
                : Stream.concat(
                        lines.stream().filter(isHeader("connection").or(isHeader("keep-alive")).negate()),
                        Stream.of("Connection: close"));
        return all.collect(Collectors.joining("\r\n", "", "\r\n\r\n"));
    }

    private static Predicate<String> isHeader(String name) {
        return line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":");
    }
}
