package dev.parley.gateway.rehearsal;

import dev.parley.gateway.rehearsal.RehearsalLedger.Said;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for, by whatever end point.
 *
 * @param model as the client wrote it
 * @param options those that were given
 * @param keepAlive how long the model is to stay, where that was said
 */
record Asked(String api, String model, List<Said> said, boolean stream, Map<String, Object> options,
        @Nullable Duration keepAlive, Script script) {

    private static final int CHARACTERS_PER_TOKEN = 4;
    private static final int DEFAULT_CONTEXT = 4096;

    /** Those that belong to a runner: with another value the model has to be loaded anew. */
    private static final Map<String, Object> RUNNER_OPTIONS = Map.of("num_ctx", DEFAULT_CONTEXT, "num_batch", 512,
            "num_gpu", -1, "num_thread", 0, "use_mmap", "auto");

    Asked withoutThoughts() {
        return new Asked(api, model, said, stream, options, keepAlive, script.withoutThoughts());
    }

    /** The model that is meant, under its whole name. */
    String runnerName() {
        return RehearsalSettings.tagged(Script.nameOf(model));
    }

    Map<String, Object> runnerOptions() {
        var all = new TreeMap<>(RUNNER_OPTIONS);
        all.replaceAll((name, usual) -> options.getOrDefault(name, usual));
        return all;
    }

    /** The person's side of the conversation, oldest first. */
    List<String> userTexts() {
        return said.stream().filter(one -> one.role().equals("user")).map(Said::content).toList();
    }

    /** By whom or about what, in the ledger. */
    String label() {
        List<String> texts = userTexts();
        return !script.user().isEmpty() ? script.user() : texts.isEmpty() ? "" : texts.getLast();
    }

    /**
     * The tokens of the prompt, four characters each. What does not fit into the context is left out, oldest first, but for
     * what the system says and for the last message.
     */
    int promptTokens() {
        int room = number("num_ctx", DEFAULT_CONTEXT) - 1;
        int all = said.stream().mapToInt(Asked::tokens).sum();
        for (Said one : said.subList(0, Math.max(0, said.size() - 1))) {
            if (all <= room) {
                break;
            }
            all -= one.role().equals("system") ? 0 : tokens(one);
        }
        return Math.min(all, room) + 1;
    }

    /** The most tokens to answer with. Ollama, too, bounds those that have none. */
    int mostTokens() {
        int given = number("num_predict", -1);
        return given > 0 ? given : 10 * number("num_ctx", DEFAULT_CONTEXT);
    }

    private int number(String option, int usual) {
        return options.get(option) instanceof Number n ? n.intValue() : usual;
    }

    private static int tokens(Said said) {
        return said.content().length() / CHARACTERS_PER_TOKEN;
    }
}
