package dev.parley.gateway.answer;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.dialog.AnswerDesk;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * The assistant's side of all dialogs: takes the questions, keeps them in a bounded queue, runs so many answers at once as the
 * model can bear, and tells those who wait where they stand.
 */
@Component
public final class Answers implements AnswerDesk, SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Answers.class);
    private static final Duration TELL_PLACES_EVERY = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(10))
            .filter(ProblemException.class::isInstance);

    private final AnswerQueue queue;
    private final AnswerRuns runs = new AnswerRuns();
    /** By request: a dialog's room remembers its answers from when they are asked for, whether or not anybody follows. */
    private final Map<String, Disposable> rooms = new ConcurrentHashMap<>();
    private final AnswerTools tools;
    private final Leaves leaves;
    private final Timer waits;
    private final Disposable.Swap ticker = Disposables.swap();
    private volatile boolean running;

    Answers(AnswerTools tools, RateLimits limits, MeterRegistry meters) {
        this.tools = tools;
        AnswerSettings settings = tools.settings();
        this.queue = new AnswerQueue(new AnswerQueue.Limits(settings.maxConcurrent(), settings.maxWaiting(),
                settings.maxPerUser(), settings.batchPatience()), tools.timer());
        this.leaves = new Leaves(queue, limits.limit("answers", Rate.perMinute(settings.perUserPerMinute()),
                "You have asked for many answers: wait before you ask for the next one"));
        this.waits = Timer.builder("parley.answers.wait")
                .description("From an answer's being asked for to its start")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(LONGEST_WAIT)
                .register(meters);
        Gauge.builder("parley.answers.running", queue, AnswerQueue::running)
                .description("Answers that the model works on")
                .register(meters);
        Gauge.builder("parley.answers.waiting", queue, AnswerQueue::waiting)
                .description("Answers that wait for the model")
                .register(meters);
    }

    /** Gives the caller leave to ask for an answer, to be used at once with {@link #use}; or refuses it. It does not fail. */
    public Mono<Leave> leave(Caller caller) {
        return leaves.give(caller);
    }

    /** Does what the leave was given for. Where no answer was asked for after all, the leave counts as never given. */
    public <T> Mono<T> use(Leave leave, Caller caller, Mono<T> work, Predicate<T> asked) {
        return leaves.use(leave, caller, work, asked);
    }

    /** The answer's place in the queue, 1 = next; 0 where it runs or is over. */
    public int position(String requestId) {
        return queue.position(requestId);
    }

    /** What was asked for. */
    public record Asked(String requestId, int position) {}

    /**
     * Asks for an answer to a message that is there already.
     *
     * @param inReplyTo its seq, 0 for the user's newest
     * @param batch whether nobody waits for the answer
     */
    public Mono<Asked> ask(long dialogId, long inReplyTo, Caller caller, boolean batch) {
        return leave(caller).flatMap(leave -> {
            String requestId = leave.requestId();
            return requestId == null
                    ? Mono.error(Objects.requireNonNull(leave.refusal()))
                    : use(leave, caller, ask(requestId, dialogId, inReplyTo, caller, batch), asked -> true);
        }).as(Detached::run);
    }

    private Mono<Asked> ask(String requestId, long dialogId, long inReplyTo, Caller caller, boolean batch) {
        AnswerClass answerClass = batch
                ? AnswerClass.BATCH
                : caller instanceof Caller.Operator ? AnswerClass.OPERATOR : AnswerClass.INTERACTIVE;
        return tools.store()
                .ask(requestId, dialogId, inReplyTo, caller.key(), answerClass)
                .switchIfEmpty(Mono.error(() -> Problem.CONFLICT
                        .with("There is no message of the visitor to answer, or the dialog is not in the assistant's hands")))
                .map(ticket -> {
                    add(ticket);
                    Asked asked = new Asked(requestId, queue.position(requestId));
                    release(requestId);
                    return asked;
                });
    }

    /** Cancels an answer of this dialog, waiting or running. Returns whether there was one. */
    public Mono<Boolean> cancel(long dialogId, String requestId) {
        return Mono.defer(() -> {
            Optional<AnswerRun> run;
            Optional<AnswerTicket> waiting;
            synchronized (runs) {
                run = runs.find(requestId).filter(found -> found.ticket().dialogId() == dialogId);
                waiting = queue.remove(requestId, dialogId);
            }
            run.ifPresent(AnswerRun::cancel);
            return Mono.justOrEmpty(waiting).flatMap(this::endUnstarted).defaultIfEmpty(run.isPresent());
        });
    }

    /** All answers of this node that wait or run, those that run first, the others in the order in which they will. */
    public List<OpenAnswer> open() {
        return queue.open();
    }

    /** Where an answer was asked for, and whether by the one who wants to know. */
    public record Origin(long dialogId, boolean own) {}

    /** Whence an answer is, open or over. Empty where it was never asked for. */
    public Mono<Origin> origin(String requestId, Caller caller) {
        return Mono.justOrEmpty(queue.find(requestId))
                .map(ticket -> new AnswerStore.Asked(ticket.dialogId(), ticket.askedBy()))
                .switchIfEmpty(tools.store().asked(requestId))
                .map(asked -> new Origin(asked.dialogId(), asked.by().equals(caller.key())));
    }

    @Override
    public Mono<AnswerFinished> end(long dialogId, String requestId) {
        return tools.store().ended(dialogId, requestId);
    }

    private Mono<Boolean> endUnstarted(AnswerTicket ticket) {
        return tools.store().end(ticket.requestId(), AnswerEnd.CANCELLED).filter(ended -> ended).doOnNext(ended -> {
            tools.rooms().publish(new AnswerFinished(ticket.dialogId(), ticket.requestId(), ticket.turn(),
                    AnswerEnd.CANCELLED, null, 0));
            tools.count(AnswerEnd.CANCELLED);
        }).doFinally(signal -> leaveRoom(ticket)).hasElement();
    }

    @Override
    public void reserve(Message question, String askedBy) {
        add(ticket(question, askedBy));
    }

    private void add(AnswerTicket ticket) {
        rooms.computeIfAbsent(ticket.requestId(), id -> tools.rooms().hold(ticket.dialogId()));
        queue.add(ticket);
    }

    private void leaveRoom(AnswerTicket ticket) {
        Disposable room = rooms.remove(ticket.requestId());
        if (room != null) {
            room.dispose();
        }
    }

    @Override
    public void release(Message question) {
        release(Objects.requireNonNull(question.requestId()));
    }

    private static AnswerTicket ticket(Message question, String askedBy) {
        return new AnswerTicket(Objects.requireNonNull(question.requestId()), question.dialogId(), question.seq(),
                question.turn(), askedBy, AnswerClass.INTERACTIVE, question.timestamp());
    }

    private void release(String requestId) {
        queue.release(requestId);
        startWhatMay();
        queue.newPlace(requestId).ifPresent(this::tell);
    }

    private void startWhatMay() {
        while (running) {
            Optional<AnswerRun> next = next();
            if (next.isEmpty()) {
                return;
            }
            start(next.get());
        }
    }

    /** In one step, so that who cancels it at this moment finds it either waiting or running. */
    private Optional<AnswerRun> next() {
        synchronized (runs) {
            return queue.next().map(start -> {
                waits.record(start.waited());
                AnswerRun run = new AnswerRun(start.ticket(), tools);
                runs.add(run);
                return run;
            });
        }
    }

    private void start(AnswerRun run) {
        AnswerTicket ticket = run.ticket();
        run.start(() -> {
            queue.ended(ticket.requestId());
            startWhatMay();
        }, () -> {
            runs.remove(run);
            leaveRoom(ticket);
        });
    }

    private void tell(AnswerQueue.Place place) {
        AnswerTicket ticket = place.ticket();
        tools.rooms().publish(new AnswerQueued(ticket.dialogId(), ticket.requestId(), ticket.turn(), ticket.inReplyTo(),
                place.position(), place.startsIn()));
    }

    @Override
    public Hold hold(long dialogId) {
        List<PartialAnswer> texts = runs.hold(dialogId);
        return new Hold() {
            @Override
            public List<PartialAnswer> texts() {
                return texts;
            }

            @Override
            public void end(long newTurn) {
                queue.removeOutdated(dialogId, newTurn).forEach(Answers.this::leaveRoom);
                runs.outdated(dialogId, newTurn).forEach(run -> {
                    run.cutOff();
                    tools.count(AnswerEnd.HANDOFF);
                });
                runs.resume(dialogId);
            }

            @Override
            public void resume() {
                runs.resume(dialogId);
            }
        };
    }

    /** Takes up what was asked for before, and goes on to tell places. */
    @Override
    public void start() {
        running = true;
        ticker.update(tools.store()
                .open()
                .doOnNext(this::takeUp)
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .thenMany(Flux.interval(TELL_PLACES_EVERY, tools.timer()))
                .onBackpressureDrop()
                .subscribe(tick -> {
                    queue.tidy();
                    queue.newPlaces().forEach(this::tell);
                },
                        error -> log.error("Open answers could not be taken up", error)));
    }

    private void takeUp(List<AnswerTicket> tickets) {
        if (!tickets.isEmpty()) {
            log.info("Taking up {} answers that were open when the gateway stopped", tickets.size());
        }
        // What was asked for while they were read may be running by now, and must not run twice.
        tickets.stream().filter(ticket -> runs.find(ticket.requestId()).isEmpty()).forEach(ticket -> {
            add(ticket);
            release(ticket.requestId());
        });
    }

    /** Answers that run stop, and are taken up again at the next start, be it of another process. */
    @Override
    public void stop() {
        running = false;
        ticker.update(Disposables.disposed());
        runs.all().forEach(AnswerRun::stop);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
