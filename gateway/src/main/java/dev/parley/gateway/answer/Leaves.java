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
    private final Outages outages;
    private final RateLimit rate;

    Leaves(AnswerQueue queue, Outages outages, RateLimit rate) {
        this.queue = queue;
        this.outages = outages;
        this.rate = rate;
    }

    /** See {@link Answers#leave}. */
    Mono<Leave> give(Caller caller, ModelName model, @Nullable Speaker speaker) {
        return Mono.defer(() -> {
            if (outages.isOut(model)) {
                return Mono.just(new Leave(null, Problem.MODEL_UNAVAILABLE.exception()));
            }
            String requestId = UUID.randomUUID().toString();
            Optional<Problem> refused = queue.promise(requestId, caller.key(), model, speaker);
            return refused.isPresent()
                    ? Mono.just(new Leave(null, refusal(refused.get())))
                    : rate.take(caller.key())
                            .thenReturn(new Leave(requestId, null))
                            .onErrorResume(ProblemException.class, error -> {
                                queue.forgo(requestId);
                                return Mono.just(new Leave(null, error));
                            });
        });
    }

    private static ProblemException refusal(Problem problem) {
        return (problem == Problem.RATE_LIMITED
                ? problem.with("You have as many questions open as one may have: wait for an answer")
                : problem.exception()).retryAfter(TRY_AGAIN);
    }

    /** See {@link Answers#use}. */
    <T> Mono<T> use(Leave leave, Caller caller, Mono<T> work, Predicate<T> asked) {
        String requestId = leave.requestId();
        return requestId == null
                ? work
                : rate.settle(caller.key(), work, asked).doFinally(end -> queue.forgo(requestId));
    }
}
