package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** The ends of answers that have left the queue and never started: each is stored, however long the database is away. */
final class Endings {

    private static final Logger log = LoggerFactory.getLogger(Endings.class);

    /** Of who cancels while the database is away; it is cancelled all the same. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(10))
            .filter(ProblemException.class::isInstance);

    private final AnswerTools tools;
    private final AnswerQueue queue;
    private final Consumer<AnswerTicket> over;
    /** Those that are still being stored. */
    private final Disposable.Composite open = Disposables.composite();

    /** @param over is told of each when nothing more comes of it */
    Endings(AnswerTools tools, AnswerQueue queue, Consumer<AnswerTicket> over) {
        this.tools = tools;
        this.queue = queue;
        this.over = over;
    }

    /** Somebody does not want it any more, and waits for that to be so. */
    Mono<Boolean> cancelled(AnswerTicket ticket) {
        Mono<Boolean> ending = ending(ticket, AnswerEnd.CANCELLED);
        seeThrough(ending, ticket);
        return ending.timeout(PATIENCE, tools.timer())
                .onErrorMap(TimeoutException.class, error -> Problem.UNAVAILABLE.exception());
    }

    /** It ends like that, though nobody waits for it. */
    void end(AnswerTicket ticket, AnswerEnd end) {
        seeThrough(ending(ticket, end), ticket);
    }

    /** Gives up what waits, as far as it still does. */
    void giveUp(List<AnswerTicket> tickets) {
        for (AnswerTicket ticket : tickets) {
            queue.remove(ticket.requestId(), ticket.dialogId()).ifPresent(waited -> {
                log.warn("Answer {} is given up: nobody has model {}", waited.requestId(), waited.model().name());
                end(waited, AnswerEnd.FAILED);
            });
        }
    }

    /** Once for all who wait, as soon as the database is there. */
    private Mono<Boolean> ending(AnswerTicket ticket, AnswerEnd end) {
        return tools.store()
                .end(ticket, end, UNTIL_DATABASE_IS_BACK)
                .doOnNext(ended -> {
                    tools.rooms().publish(ended);
                    tools.count(ended.reason());
                })
                .hasElement()
                .doFinally(signal -> over.accept(ticket))
                .cache();
    }

    /** Sees to it that it comes to pass, whether or not anybody waits for it. */
    private void seeThrough(Mono<Boolean> ending, AnswerTicket ticket) {
        Disposable.Swap owner = Disposables.swap();
        open.add(owner);
        owner.update(ending.doFinally(signal -> open.remove(owner))
                .subscribe(ended -> {}, error -> log.error("The end of answer {} was not stored", ticket.requestId(),
                        error)));
    }
}
