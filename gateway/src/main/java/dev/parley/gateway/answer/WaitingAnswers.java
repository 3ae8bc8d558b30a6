package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What waits, by request and by model, in no order. Guarded by the {@link AnswerQueue}. */
final class WaitingAnswers {

    private final Map<String, WaitingAnswer> all = new HashMap<>();

    /** How many wait for each. */
    private final Map<ModelName, Integer> models = new HashMap<>();

    void add(WaitingAnswer entry) {
        all.put(entry.requestId(), entry);
        models.merge(entry.model, 1, Integer::sum);
    }

    void remove(WaitingAnswer entry) {
        all.remove(entry.requestId());
        models.computeIfPresent(entry.model, (model, count) -> count == 1 ? null : count - 1);
    }

    @Nullable
    WaitingAnswer get(String requestId) {
        return all.get(requestId);
    }

    int size() {
        return all.size();
    }

    /** The models that are waited for. */
    Set<ModelName> models() {
        return Set.copyOf(models.keySet());
    }

    /** Of a dialog, from before a turn. */
    List<WaitingAnswer> outdated(long dialogId, long newTurn) {
        return those(entry -> entry.ticket.dialogId() == dialogId && entry.ticket.turn() < newTurn);
    }

    /** Who asked knows of them, and they wait for this model. */
    List<WaitingAnswer> of(ModelName model) {
        return those(entry -> entry.released && entry.model.equals(model));
    }

    private List<WaitingAnswer> those(Predicate<WaitingAnswer> which) {
        return all.values().stream().filter(which).toList();
    }
}
