package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What goes wrong with one answer of the rehearsal model, in the ways Ollama and the network have. A test queues it with
 * {@link RehearsalModel#next}; a person writes it as a message:
 *
 * <pre>
 * /fault bad | missing | broken | busy | cancelled  a status of 400, 404, 500, 503 or 499
 * /fault proxy                                      the page in HTML with which a proxy says 502
 * /fault leak                                       the slot is not given back until the model is unloaded
 * /fault error | end | half | cut | reset | stall | garbage | overlong [tokens]
 *                                                   after so many tokens, 5 if not said
 * /fault pause [tokens] [duration]                  silence for so long, 10s if not said; then the answer goes on
 * </pre>
 *
 * Headers, settings and the command line know the same words, without {@code /fault}.
 */
public sealed interface Fault {

    /** Ollama's text when a runner has died. */
    String RUNNER_STOPPED = "model runner has unexpectedly stopped, this may be due to resource limitations or an internal "
            + "error, check ollama server logs for details";

    /** Ollama's text when its queue is full; the two spaces are its own. */
    String QUEUE_FULL = "server busy, please try again.  maximum pending requests exceeded";

    /** An error before anything else. */
    record Status(int status, String text) implements Fault {}

    /** A line that says {@code error}, then the end; before the first token it is a status of 500 instead. */
    record ErrorLine(int afterTokens, String text) implements Fault {}

    /** A clean end without {@code done: true}. */
    record EndsEarly(int afterTokens) implements Fault {}

    /**
     * The connection is reset; after 0 tokens, before the status. A reset takes with it what the client has not read yet, so
     * one who wants those tokens to arrive says {@code when}.
     */
    record Resets(int afterTokens, Mono<Void> when) implements Fault {

        Resets(int afterTokens) {
            this(afterTokens, Mono.empty());
        }
    }

    /** Nothing more is sent, and the connection and the slot are kept until the client goes. */
    record Stalls(int afterTokens) implements Fault {}

    /** Nothing is sent for so long; then the answer goes on. */
    record Pauses(int afterTokens, Duration time) implements Fault {}

    /** Half of a line, then a clean end. */
    record HalfLine(int afterTokens) implements Fault {}

    /** The connection ends without the end of the answer that HTTP asks for; after 0 tokens, before the status. */
    record Cuts(int afterTokens) implements Fault {}

    /** What a proxy says that cannot reach Ollama. */
    record Proxy() implements Fault {}

    /** Nothing goes wrong with the answer, but its slot stays taken until its model is unloaded. */
    record LeaksSlot() implements Fault {}

    /** A line that is no JSON; then the answer goes on. */
    record Garbage(int afterTokens) implements Fault {}

    /** A line with more text than {@code bytes}; then the answer goes on. */
    record OverlongLine(int afterTokens, int bytes) implements Fault {}

    /** Nothing goes wrong, but after so many tokens it waits until it is told to go on; then the answer ends as it should. */
    record Holds(Map<Integer, Mono<Void>> untilAfterTokens) implements Fault {

        public Holds {
            untilAfterTokens = Map.copyOf(untilAfterTokens);
        }

        @Nullable
        Mono<Void> before(int token) {
            return untilAfterTokens.get(token);
        }
    }

    /** After how many tokens it shows, if that is what it depends on; else -1. */
    default int at() {
        return switch (this) {
            case ErrorLine f -> f.afterTokens();
            case EndsEarly f -> f.afterTokens();
            case HalfLine f -> f.afterTokens();
            case Cuts f -> f.afterTokens();
            case Resets f -> f.afterTokens();
            case Stalls f -> f.afterTokens();
            case Pauses f -> f.afterTokens();
            case Garbage f -> f.afterTokens();
            case OverlongLine f -> f.afterTokens();
            case Holds _,Status _,Proxy _,LeaksSlot _ -> -1;
        };
    }

    static Fault bad(String model) {
        return new Status(400, "\"" + model + "\" does not support chat");
    }

    static Fault missing(String model) {
        return new Status(404, "model '" + model + "' not found");
    }

    static Fault broken() {
        return new Status(500, RUNNER_STOPPED);
    }

    static Fault busy() {
        return new Status(503, QUEUE_FULL);
    }

    /** A line longer than any that Ollama reads or writes. */
    static Fault overlong(int afterTokens) {
        return new OverlongLine(afterTokens, 9 * 1024 * 1024);
    }

    /** The fault that a message asks for, if it asks for one. */
    static @Nullable Fault asked(String message, String model) {
        String text = message.strip();
        return text.matches("(?s)/fault\\s.*") ? of(text.substring("/fault".length()), model) : null;
    }

    /** The fault that is meant, or none where nothing is. */
    static @Nullable Fault of(String text, String model) {
        String[] words = text.strip().split("\\s+", -1);
        int tokens = words.length > 1 && words[1].matches("\\d{1,6}") ? Integer.parseInt(words[1]) : 5;
        return switch (words[0]) {
            case "bad" -> bad(model);
            case "missing" -> missing(model);
            case "broken" -> broken();
            case "busy" -> busy();
            case "cancelled" -> new Status(499, "request canceled");
            case "proxy" -> new Proxy();
            case "leak" -> new LeaksSlot();
            case "error" -> new ErrorLine(tokens, RUNNER_STOPPED);
            case "end" -> new EndsEarly(tokens);
            case "half" -> new HalfLine(tokens);
            case "cut" -> new Cuts(tokens);
            case "reset" -> new Resets(tokens);
            case "stall" -> new Stalls(tokens);
            case "pause" -> new Pauses(tokens, words.length > 2 ? time(words[2]) : Duration.ofSeconds(10));
            case "garbage" -> new Garbage(tokens);
            case "overlong" -> overlong(tokens);
            default -> null;
        };
    }

    private static Duration time(String text) {
        try {
            return Durations.of(text);
        } catch (IllegalArgumentException e) {
            return Duration.ofSeconds(10);
        }
    }
}
