package dev.parley.gateway.benchmark.load;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a server is spoken to. In paths, frames and steps <code>{dialog}</code> stands for a dialog's number,
 * <code>{number}</code> for a message's in its dialog, <code>{message}</code> for its stamped text and <code>{cursor}</code>
 * for what a poll was told last.
 *
 * @param follow how a follower comes to a dialog
 * @param publish how a WebSocket for publishing is opened, which also follows where {@link Plan#writersFollow}; {@code frame}
 *        is then sent on it for each message
 * @param producer where a GET starts the producer inside the server
 * @param failure in an answer to a publisher: it was refused
 */
public record Target(int port, Way follow, Way publish, String frame, String producer,
        String failure) {

    /**
     * @param firstPath of polls: where the first cursor comes from; {@code null} where there is nothing special about it
     * @param steps to be gone through before it counts as open
     * @param cursor of polls: a regular expression whose first group is the next cursor
     */
    public record Way(String path, @Nullable String firstPath, Map<String, String> headers, List<Step> steps,
            @Nullable String cursor) {

        public static Way of(String path) {
            return new Way(path, null, Map.of(), List.of(), null);
        }

        public Way with(Step... more) {
            return new Way(path, firstPath, headers, List.of(more), cursor);
        }

        public Way withHeaders(Map<String, String> others) {
            return new Way(path, firstPath, others, steps, cursor);
        }

        public Way polling(String first, String pattern) {
            return new Way(path, first, headers, steps, pattern);
        }

        static String fill(String text, long dialog) {
            return text.replace("{dialog}", Long.toString(dialog));
        }
    }

    /** Waits for what contains the one (not at all where that is empty), then sends the other (nothing if empty). */
    public record Step(String expect, String send) {}
}
