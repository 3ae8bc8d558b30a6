package dev.parley.gateway.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * Finds the data of server-sent events in their lines. Comments, names, ids and whatever else is not data are passed over.
 * One for each stream; not thread-safe.
 *
 * <p>Spring's own reader would fail over a {@code retry} that is no number, lose the event behind a byte order mark, and not
 * let us tell an event that was cut off from a whole one.
 */
final class EventData {

    private final int maxChars;
    private final StringBuilder data = new StringBuilder();
    private boolean begun;
    private boolean isFirstLine = true;

    EventData(int maxChars) {
        this.maxChars = maxChars;
    }

    /** The data of the event that ends with this line, if one does that has any. */
    @Nullable
    String take(byte[] line) {
        String text = content(line);
        if (text.isEmpty()) {
            return rest();
        }
        int colon = text.indexOf(':');
        String field = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(text.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
        switch (field) {
            case "data" -> add(value);
            // Some versions of llama.cpp's server call a failure so, and go on as though there had been none.
            case "error" -> add("{\"error\":" + value + "}");
            default -> {
            }
        }
        return null;
    }

    /** What there is of an event that was not ended. */
    @Nullable
    String rest() {
        if (!begun) {
            return null;
        }
        String whole = data.toString();
        data.setLength(0);
        begun = false;
        return whole;
    }

    private String content(byte[] line) {
        int end = line.length;
        if (end > 0 && line[end - 1] == '\n') {
            end -= end > 1 && line[end - 2] == '\r' ? 2 : 1;
        }
        String text = new String(line, 0, end, UTF_8);
        boolean isMarked = isFirstLine && text.startsWith("\uFEFF");
        isFirstLine = false;
        return isMarked ? text.substring(1) : text;
    }

    private void add(String value) {
        if (value.length() >= maxChars - data.length()) {
            throw ModelFailures.tooLong("an event", maxChars + " characters");
        }
        if (begun) {
            data.append('\n');
        }
        begun = true;
        data.append(value);
    }
}
