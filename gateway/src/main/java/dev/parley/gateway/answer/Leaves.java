package dev.parley.gateway.answer;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.limits.RateLimit;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Who may ask for an answer: each so many in a minute, and so many that are open at once. */
final class Leaves {

    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    private final AnswerQueue queue;
    private final AnswerTools tools;
    private final Outages outages;
    private final RateLimit rate;

    Leaves(Dispatcher dispatcher, Outages outages, RateLimit rate) {
        this.queue = dispatcher.queue();
        this.tools = dispatcher.tools();
        this.outages = outages;
        this.rate = rate;
    }

    /**
     * See {@link Answers#leave}.
     *
     * @param isExpected whether an answer will be asked for, as far as is known; else nobody is counted before it was
     */
    Mono<Leave> give(Caller caller, ModelName model, @Nullable Speaker speaker, boolean isExpected) {
        return Mono.defer(() -> {
            if (outages.isOut(model)) {
                return Mono.just(Leave.refused(Problem.MODEL_UNAVAILABLE.exception()));
            }
            String requestId = UUID.randomUUID().toString();
            Optional<Problem> refused = queue.promise(requestId, caller.key(), model, speaker);
            if (refused.isPresent()) {
                return Mono.just(Leave.refused(refusal(refused.get())));
            }
            return isExpected ? count(caller, requestId) : Mono.just(new Leave(requestId, null, false));
        });
    }

    private Mono<Leave> count(Caller caller, String requestId) {
        return share(caller, requestId)
                .then(rate.take(caller.key()))
                .thenReturn(new Leave(requestId, null, true))
                .onErrorResume(ProblemException.class, error -> {
                    forgo(caller, requestId);
                    return Mono.just(Leave.refused(error));
                });
    }

    /** What the caller has open on this node alone is known by now to leave room. */
    private Mono<Void> share(Caller caller, String requestId) {
        return tools.shares()
                .take(caller.key(), requestId, tools.settings().maxPerUser(), tools.store()::open)
                .flatMap(hasRoom -> hasRoom ? Mono.empty() : Mono.error(refusal(Problem.RATE_LIMITED)));
    }

    private void forgo(Caller caller, String requestId) {
        if (queue.forgo(requestId)) {
            tools.shares().giveBack(caller.key(), requestId);
        }
    }

    private static ProblemException refusal(Problem problem) {
        return (problem == Problem.RATE_LIMITED
                ? problem.with("You have as many questions open as one may have: wait for an answer")
                : problem.exception()).retryAfter(TRY_AGAIN);
    }

    /** See {@link Answers#use}. */
    <T> Mono<T> use(Leave leave, Caller caller, Mono<T> work, Predicate<T> asked) {
        String requestId = leave.requestId();
        if (requestId == null) {
            return work;
        }
        return leave.isCounted()
                ? rate.settle(caller.key(), work, asked).doFinally(end -> forgo(caller, requestId))
                : work.delayUntil(done -> asked.test(done) ? countAfterwards(caller, requestId) : Mono.empty())
                        .doFinally(end -> queue.forgo(requestId));
    }

    /** It was asked for by now, so it is counted, and not refused. */
    private Mono<Void> countAfterwards(Caller caller, String requestId) {
        return share(caller, requestId).onErrorComplete().then(rate.take(caller.key()).onErrorComplete());
    }
}
