package dev.parley.gateway.rehearsal;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one request wishes of its answer, beyond what its messages say. It stands in the header {@value #HEADER} or behind a
 * {@code #} in the name of the model, as in {@code llama3.2#thinking=20; fault=end 30}.
 *
 * @param user by whom, for the ledger
 * @param say the answer, instead of what the messages ask for
 * @param thinking so many tokens of thought come first
 * @param tool the name of a tool that is called; empty: none
 * @param arguments of that call, a JSON object
 * @param toolInStream whether the call is a line of its own, with {@code done: false}, instead of part of the last one
 * @param gap how long nothing is sent before the call
 * @param contentInLast whether the last line carries the last token
 * @param fault what goes wrong, in the words of {@link Fault}
 * @param tokensPerSecond instead of the setting's
 * @param firstToken instead of the setting's
 * @param pieceBytes instead of the setting's
 */
record Script(String user, @Nullable String say, int thinking, String tool, String arguments, boolean toolInStream,
        Duration gap, boolean contentInLast, @Nullable String fault, @Nullable Double tokensPerSecond,
        @Nullable Duration firstToken, @Nullable Integer pieceBytes) {

    static final String HEADER = "X-Sim";

    static final Script NONE = of("", "");

    private static final char MARK = '#';

    /**
     * What the header says and, over it, the model's name.
     *
     * @throws OllamaError of status 400 where something in it is unknown
     */
    static Script of(@Nullable String header, String model) {
        var wishes = new LinkedHashMap<String, String>();
        read(header == null ? "" : header, wishes);
        read(model.substring(Math.min(model.length(), nameOf(model).length() + 1)), wishes);
        try {
            return of(wishes);
        } catch (IllegalArgumentException e) {
            throw new OllamaError(400, HEADER + ": " + e.getMessage());
        }
    }

    /** The model's name without the script. */
    static String nameOf(String model) {
        int mark = model.indexOf(MARK);
        return mark < 0 ? model : model.substring(0, mark);
    }

    Script withoutThoughts() {
        return new Script(user, say, 0, tool, arguments, toolInStream, gap, contentInLast, fault, tokensPerSecond,
                firstToken, pieceBytes);
    }

    Pace over(Pace pace) {
        Pace given = tokensPerSecond == null ? pace : pace.withTokensPerSecond(tokensPerSecond);
        return firstToken == null ? given : given.withFirstToken(firstToken);
    }

    Wire over(Wire wire) {
        return pieceBytes == null ? wire : wire.withPieceBytes(pieceBytes);
    }

    private static void read(String text, Map<String, String> wishes) {
        for (String wish : text.split(";", -1)) {
            int equals = wish.indexOf('=');
            if (!wish.isBlank()) {
                wishes.put(wish.substring(0, equals < 0 ? wish.length() : equals).strip(),
                        equals < 0 ? "" : wish.substring(equals + 1).strip());
            }
        }
    }

    private static Script of(Map<String, String> wishes) {
        String user = taken(wishes, "user", "");
        String say = wishes.remove("say");
        int thinking = number(taken(wishes, "thinking", "0"));
        String tool = taken(wishes, "tool", "");
        String arguments = taken(wishes, "arguments", "{}");
        String at = taken(wishes, "tool-at", "end");
        Duration gap = Durations.of(taken(wishes, "gap", "0"));
        String last = taken(wishes, "last", "empty");
        String fault = wishes.remove("fault");
        String tokens = wishes.remove("tokens-per-second");
        String first = wishes.remove("first-token");
        String pieces = wishes.remove("piece-bytes");
        expect(wishes.isEmpty(), "unknown " + String.join(", ", wishes.keySet()));
        expect(at.equals("end") || at.equals("stream"), "tool-at: " + at + " (expected: end or stream)");
        expect(last.equals("empty") || last.equals("content"), "last: " + last + " (expected: empty or content)");
        expect(fault == null || Fault.of(fault, "") != null, "fault: " + fault + " (expected: such as 'stall 3')");
        expect(RehearsalJson.isObject(arguments), "arguments: " + arguments + " (expected: a JSON object)");
        return new Script(user, say, thinking, tool, arguments, at.equals("stream"), gap, last.equals("content"), fault,
                tokens == null ? null : Double.valueOf(tokens), first == null ? null : Durations.of(first),
                pieces == null ? null : number(pieces));
    }

    private static String taken(Map<String, String> wishes, String name, String usual) {
        String given = wishes.remove(name);
        return given == null ? usual : given;
    }

    private static int number(String text) {
        expect(text.matches("\\d{1,6}"), text + " (expected: a number of at most six digits)");
        return Integer.parseInt(text);
    }

    private static void expect(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
