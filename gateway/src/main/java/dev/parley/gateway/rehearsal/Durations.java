package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 300ms}, {@code 1.5s}, {@code 5m}, {@code 1h30m}; a bare number is seconds. */
final class Durations {

    private static final Pattern PART = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ns|us|µs|ms|s|m|h|$)");

    private Durations() {}

    /** @throws IllegalArgumentException where it is none */
    static Duration of(String text) {
        Matcher part = PART.matcher(text);
        double nanos = 0;
        int end = 0;
        while (part.lookingAt()) {
            nanos += Double.parseDouble(part.group(1)) * nanos(part.group(2));
            end = part.end();
            part.region(end, text.length());
        }
        if (text.isEmpty() || end != text.length()) {
            throw new IllegalArgumentException(text + " (expected: a duration such as 300ms, 1.5s or 5m)");
        }
        return nanos >= Long.MAX_VALUE ? Duration.ofNanos(Long.MAX_VALUE) : Duration.ofNanos(Math.round(nanos));
    }

    /** So that {@link #of} reads it again. */
    static String text(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos % 1_000_000 != 0) {
            return nanos % 1_000 == 0 ? nanos / 1_000 + "us" : nanos + "ns";
        }
        return nanos % 1_000_000_000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    private static double nanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "m" -> 60e9;
            case "h" -> 3600e9;
            default -> 1e9;
        };
    }
}
