package dev.parley.gateway.rehearsal;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What goes wrong with one answer of the rehearsal model, in the ways Ollama and the network have. A test queues it with
 * {@link RehearsalModel#next}; a person writes it as a message:
 *
 * <pre>
 * /fault bad | missing | broken | busy                               a status of 400, 404, 500 or 503
 * /fault error | end | reset | stall | garbage | overlong  [tokens]  after so many tokens, 5 if not said
 * </pre>
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

    /** A line that is no JSON; then the answer goes on. */
    record Garbage(int afterTokens) implements Fault {}

    /** A line with more text than {@code bytes}; then the answer goes on. */
    record OverlongLine(int afterTokens, int bytes) implements Fault {}

    /** Nothing goes wrong, but after so many tokens it waits until it is told to go on; then the answer ends as it should. */
    record Holds(Map<Integer, Mono<Void>> untilAfterTokens) implements Fault {

        public Holds {
            untilAfterTokens = Map.copyOf(untilAfterTokens);
        }

        Mono<Void> before(int token) {
            return untilAfterTokens.getOrDefault(token, Mono.empty());
        }
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
        String[] words = message.strip().split("\\s+", -1);
        if (words.length < 2 || !words[0].equals("/fault")) {
            return null;
        }
        int tokens = words.length > 2 && words[2].matches("\\d{1,6}") ? Integer.parseInt(words[2]) : 5;
        return switch (words[1]) {
            case "bad" -> bad(model);
            case "missing" -> missing(model);
            case "broken" -> broken();
            case "busy" -> busy();
            case "error" -> new ErrorLine(tokens, RUNNER_STOPPED);
            case "end" -> new EndsEarly(tokens);
            case "reset" -> new Resets(tokens);
            case "stall" -> new Stalls(tokens);
            case "garbage" -> new Garbage(tokens);
            case "overlong" -> overlong(tokens);
            default -> null;
        };
    }
}
