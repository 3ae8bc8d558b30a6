package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How many answers each user has promised, waiting and running. Guarded by the {@link AnswerQueue}. */
final class AnswerShares {

    private final int perUser;
    private final Map<String, Integer> shares = new HashMap<>();
    private final Map<String, Promise> promises = new HashMap<>();

    /**
     * @param speaker whose answer was promised, where that is known
     * @param since in nanoseconds
     */
    record Promise(String user, ModelName model, @Nullable Speaker speaker, long since) {}

    AnswerShares(int perUser) {
        this.perUser = perUser;
    }

    boolean isUsedUp(String user) {
        return shares.getOrDefault(user, 0) >= perUser;
    }

    void promise(String requestId, Promise promise) {
        promises.put(requestId, promise);
        shares.merge(promise.user(), 1, Integer::sum);
    }

    Optional<Promise> promised(String requestId) {
        return Optional.ofNullable(promises.get(requestId));
    }

    /** The answer is there: it counts as what was promised, or, where nothing was, as one more. */
    void redeem(String requestId, String user) {
        if (promises.remove(requestId) == null) {
            shares.merge(user, 1, Integer::sum);
        }
    }

    /** Takes a promise back, if it was not redeemed. Returns whether it was not. */
    boolean forgo(String requestId) {
        Promise promise = promises.remove(requestId);
        if (promise != null) {
            giveBack(promise.user());
        }
        return promise != null;
    }

    /** Takes promises back that were made so long ago. */
    void forgoOlderThan(long time) {
        List.copyOf(promises.entrySet())
                .stream()
                .filter(promise -> promise.getValue().since() <= time)
                .forEach(promise -> forgo(promise.getKey()));
    }

    void giveBack(String user) {
        shares.computeIfPresent(user, (name, count) -> count == 1 ? null : count - 1);
    }

    int promised() {
        return promises.size();
    }
}
