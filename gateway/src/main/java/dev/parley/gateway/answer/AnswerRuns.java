package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.AnswerDesk.PartialAnswer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The answers that are running, and the dialogs that hold their breath. An answer that starts in such a dialog is held from
 * its start. Safe for all threads; no call waits for anything but another short call.
 */
final class AnswerRuns {

    private final Map<String, AnswerRun> runs = new LinkedHashMap<>();
    private final Map<Long, Integer> holds = new HashMap<>();

    synchronized void add(AnswerRun run) {
        runs.put(run.ticket().requestId(), run);
        if (holds.containsKey(run.ticket().dialogId())) {
            run.hold();
        }
    }

    synchronized void remove(AnswerRun run) {
        runs.remove(run.ticket().requestId(), run);
    }

    synchronized Optional<AnswerRun> find(String requestId) {
        return Optional.ofNullable(runs.get(requestId));
    }

    synchronized List<AnswerRun> all() {
        return List.copyOf(runs.values());
    }

    /** Holds the dialog's answers and returns what they have said. To be followed by one of the two calls below. */
    synchronized List<PartialAnswer> hold(long dialogId) {
        holds.merge(dialogId, 1, Integer::sum);
        return ofDialog(dialogId).stream()
                .map(run -> new PartialAnswer(run.ticket().requestId(), run.hold()))
                .filter(partial -> !partial.text().isBlank())
                .toList();
    }

    /** Ends one hold; with the last one the dialog's answers go on. */
    synchronized void resume(long dialogId) {
        if (holds.computeIfPresent(dialogId, (id, count) -> count == 1 ? null : count - 1) == null) {
            ofDialog(dialogId).forEach(AnswerRun::resume);
        }
    }

    /** The dialog's answers from before a turn. */
    synchronized List<AnswerRun> outdated(long dialogId, long newTurn) {
        return ofDialog(dialogId).stream().filter(run -> run.ticket().turn() < newTurn).toList();
    }

    private List<AnswerRun> ofDialog(long dialogId) {
        return runs.values().stream().filter(run -> run.ticket().dialogId() == dialogId).toList();
    }
}
