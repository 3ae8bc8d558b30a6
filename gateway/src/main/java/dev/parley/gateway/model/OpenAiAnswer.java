package dev.parley.gateway.model;

import dev.parley.gateway.model.OpenAiJson.Chunk;
import dev.parley.gateway.model.OpenAiJson.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reading of one answer.
 *
 * <p>The answer is whole when the server gives the reason why it ends. What may still come is what it has cost, so that is
 * waited for until {@code [DONE]} or the end of the stream; but if something goes wrong meanwhile, nothing of the answer is
 * lost. Not thread-safe.
 */
final class OpenAiAnswer {

    private static final String END = "[DONE]";

    private final OpenAiErrors errors;
    private final EventData events;
    private final ThinkingFilter thinking = new ThinkingFilter();
    private boolean isBegun;

    @Nullable
    private String reason;

    private Usage usage = new Usage(0, 0);

    OpenAiAnswer(OpenAiErrors errors, int maxEventChars) {
        this.errors = errors;
        this.events = new EventData(maxEventChars);
    }

    /** What the next line of the stream says. */
    List<ModelEvent> line(byte[] line) {
        String data = events.take(line);
        if (data == null || data.isBlank()) {
            return List.of();
        }
        if (data.strip().equals(END)) {
            return end();
        }
        Chunk chunk = OpenAiJson.chunk(data);
        if (chunk == null) {
            throw errors.garbage(data);
        }
        return chunk(chunk);
    }

    /** What the last event says, where the stream has ended without ending that. Most often it is cut off. */
    List<ModelEvent> lastLine() {
        String data = events.rest();
        if (data == null) {
            return List.of();
        }
        if (data.strip().equals(END)) {
            return end();
        }
        Chunk chunk = OpenAiJson.chunk(data);
        return chunk == null ? List.of() : chunk(chunk);
    }

    /** Whether nothing is missing but what it has cost. */
    boolean isWhole() {
        return reason != null;
    }

    ModelEvent.Done done() {
        return new ModelEvent.Done(reason == null ? "unknown" : reason, usage.promptTokens(),
                usage.completionTokens());
    }

    private List<ModelEvent> chunk(Chunk chunk) {
        if (chunk.error() != null && chunk.isError()) {
            throw errors.inStream(chunk.error());
        }
        if ("error".equals(chunk.finishReason())) {
            throw ModelFailures.errorLine("it does not say why");
        }
        var found = new ArrayList<ModelEvent>(2);
        add(found, thinking.visible(chunk.text()));
        if (chunk.finishReason() != null) {
            add(found, thinking.rest());
            reason = chunk.finishReason();
        }
        if (chunk.usage() != null) {
            usage = chunk.usage();
            if (isWhole()) {
                found.add(done());
            }
        }
        return found;
    }

    /**
     * The server says that this was all. One that gives no reason (some proxies do not) is believed only if it has said
     * something before: others say no more than this when the model behind them has died.
     */
    private List<ModelEvent> end() {
        var found = new ArrayList<ModelEvent>(2);
        add(found, thinking.rest());
        if (!isWhole() && !isBegun) {
            throw ModelFailures.endedEarly();
        }
        found.add(done());
        return found;
    }

    private void add(List<ModelEvent> found, String text) {
        if (!text.isEmpty()) {
            isBegun = true;
            found.add(new ModelEvent.Text(text));
        }
    }
}
