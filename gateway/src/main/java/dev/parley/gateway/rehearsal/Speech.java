package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one answer says: thoughts, then text, then perhaps a call of a tool.
 *
 * @param pieces in order, each in a line of its own
 * @param last what the last line carries besides that it is the last
 * @param tokens of all that is said
 */
record Speech(List<Piece> pieces, Piece last, int tokens, String doneReason) {

    /** What is said at once. */
    sealed interface Piece {

        /** How long it takes to come, beyond the usual. */
        default Duration gap() {
            return Duration.ZERO;
        }
    }

    record Thought(String text) implements Piece {}

    record Text(String text) implements Piece {}

    /** @param arguments a JSON object */
    record ToolCall(String name, String arguments, @Override Duration gap) implements Piece {}

    static final Speech NOTHING = new Speech(List.of(), new Text(""), 0, "");

    /** The answer to a request. */
    static Speech to(Asked asked) {
        Script script = asked.script();
        String answer = script.say() == null ? RehearsalVoice.answerTo(asked.userTexts()) : script.say();
        var pieces = new ArrayList<Piece>();
        IntStream.rangeClosed(1, script.thinking()).mapToObj(n -> new Thought((n == 1 ? "" : " ") + "thought" + n))
                .forEach(pieces::add);
        RehearsalVoice.tokens(answer).forEach(token -> pieces.add(new Text(token)));
        if (pieces.size() > asked.mostTokens()) {
            return ended(List.copyOf(pieces.subList(0, asked.mostTokens())), script, "length");
        }
        if (!script.tool().isEmpty()) {
            pieces.add(new ToolCall(script.tool(), script.arguments(), script.gap()));
        }
        return ended(List.copyOf(pieces), script, "stop");
    }

    private static Speech ended(List<Piece> pieces, Script script, String reason) {
        boolean inLast = !pieces.isEmpty() && switch (pieces.getLast()) {
            case ToolCall _ -> !script.toolInStream();
            case Text _ -> script.contentInLast();
            case Thought _ -> false;
        };
        return inLast
                ? new Speech(pieces.subList(0, pieces.size() - 1), pieces.getLast(), pieces.size(), reason)
                : new Speech(pieces, new Text(""), pieces.size(), reason);
    }
}
