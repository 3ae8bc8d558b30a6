package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.Handoffs;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Models;
import dev.parley.gateway.model.Readiness;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What becomes of dialogs whose assistant has no model to speak with. A human is asked for. What waits goes on waiting, in case
 * a server comes back, for as long as an answer may take; what waits for a model that nobody has is given up.
 */
@Component
final class Outages {

    private static final Logger log = LoggerFactory.getLogger(Outages.class);

    /** More dialogs than that are told by their own messages, one by one. */
    private static final int MOST_DIALOGS = 10_000;

    private static final int AT_ONCE = 4;

    private final Models models;
    private final Handoffs handoffs;
    private final Duration patience;
    private final Scheduler clock = Schedulers.parallel();
    /** Since when each model that is waited for cannot be asked, in the clock's milliseconds. */
    private final Map<ModelName, Long> notReadySince = new HashMap<>();
    private final Set<Long> needHuman = new LinkedHashSet<>();

    Outages(Models models, Handoffs handoffs, AnswerSettings settings) {
        this.models = models;
        this.handoffs = handoffs;
        this.patience = settings.timeout().compareTo(settings.loadTimeout()) > 0
                ? settings.timeout()
                : settings.loadTimeout();
    }

    /** Whether nobody can be asked for the model, and nobody is just being made ready. */
    boolean isOut(ModelName model) {
        return switch (models.readiness(model)) {
            case READY, LOADING -> false;
            case DOWN, MISSING -> true;
        };
    }

    /** The dialog gets no answer: somebody has to look after it. Soon, and whatever the database does meanwhile. */
    synchronized void needsHuman(long dialogId) {
        if (needHuman.size() < MOST_DIALOGS) {
            needHuman.add(dialogId);
        }
    }

    /** What waits in vain. */
    synchronized List<AnswerTicket> hopeless(AnswerQueue queue) {
        long now = clock.now(TimeUnit.MILLISECONDS);
        Set<ModelName> wanted = queue.wanted();
        notReadySince.keySet().retainAll(wanted);
        List<AnswerTicket> hopeless = new ArrayList<>();
        for (ModelName model : wanted) {
            Readiness readiness = models.readiness(model);
            if (readiness == Readiness.READY) {
                notReadySince.remove(model);
            } else if (readiness == Readiness.MISSING) {
                hopeless.addAll(queue.waitingFor(model, Duration.ZERO));
            } else if (now - notReadySince.computeIfAbsent(model, name -> now) > patience.toMillis()) {
                hopeless.addAll(queue.waitingFor(model, patience));
            }
        }
        hopeless.forEach(ticket -> needsHuman(ticket.dialogId()));
        return hopeless;
    }

    /** Asks for humans where answers wait for what is out, and where they were refused for that. */
    Mono<Void> askForHumans(AnswerQueue queue) {
        queue.wanted().stream().filter(this::isOut).forEach(
                model -> queue.unattended(model).forEach(ticket -> needsHuman(ticket.dialogId())));
        return Flux.fromIterable(takeAll()).flatMap(dialogId -> handoffs.needHuman(dialogId).onErrorResume(error -> {
            if (error instanceof ProblemException problem && problem.problem() == Problem.UNAVAILABLE) {
                log.warn("A human could not be asked for in dialog {}: {}", dialogId, error.getMessage());
                needsHuman(dialogId); // the next time, then
            } else {
                log.error("A human could not be asked for in dialog {}", dialogId, error);
            }
            return Mono.empty();
        }), AT_ONCE).then();
    }

    private synchronized List<Long> takeAll() {
        List<Long> all = List.copyOf(needHuman);
        needHuman.clear();
        return all;
    }
}
