package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.model.ModelName;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Questions that were stored when nobody waited for that any longer, so that the promise to answer them is given back: nothing
 * is known any more of what the promise knew, and their model has to be looked up. Those of which it cannot be are taken up later,
 * as answers are that a node has left.
 */
final class LateQuestions implements Disposable {

    private static final Logger log = LoggerFactory.getLogger(LateQuestions.class);

    private final LongFunction<Mono<ModelName>> models;
    /** Who has asked, by request, until the question has been told. */
    private final Map<String, String> askers = new ConcurrentHashMap<>();
    private final Disposable.Composite looking = Disposables.composite();

    /** @param models looks up the model of a dialog's assistant */
    LateQuestions(LongFunction<Mono<ModelName>> models) {
        this.models = models;
    }

    /** What is done with an answer whose model is known. */
    interface Taker {

        void take(String askedBy, ModelName model);
    }

    void keep(Message question, String askedBy) {
        askers.put(requestId(question), askedBy);
    }

    /** Whether it was such a question; then its answer is taken as soon as its model is known. Returns at once. */
    boolean release(Message question, Taker taker) {
        String askedBy = askers.remove(requestId(question));
        if (askedBy == null) {
            return false;
        }
        Disposable.Swap owner = Disposables.swap();
        looking.add(owner);
        owner.update(models.apply(question.dialogId())
                .doFinally(end -> looking.remove(owner))
                .subscribe(model -> taker.take(askedBy, model),
                        error -> log.warn("Answer {} is to be taken up later: its model could not be looked up",
                                requestId(question), error)));
        return true;
    }

    private static String requestId(Message question) {
        return Objects.requireNonNull(question.requestId());
    }

    @Override
    public void dispose() {
        looking.dispose();
    }
}
