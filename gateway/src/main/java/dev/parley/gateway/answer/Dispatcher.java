package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.AnswerDesk.PartialAnswer;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.problem.ProblemException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
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
 * Brings answers from the queue to their end: starts those that may, as soon as they may, and tells those who wait where they
 * stand. An answer is known here from when it is asked for until nothing more comes of it, and at every moment either waits or
 * runs.
 */
@Component
final class Dispatcher implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
    /** In so short a time an answer may be asked for and begin without another look at whether it is wanted. */
    private static final Duration FRESH = Duration.ofSeconds(1);
    private static final Duration TICK = Duration.ofSeconds(1);

    /** In ticks. */
    private static final int TAKE_UP_EVERY = 2;

    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(10))
            .filter(ProblemException.class::isInstance);

    private final AnswerTools tools;
    private final AnswerQueue queue;
    private final AnswerRuns runs = new AnswerRuns();
    /** By request: a dialog's room remembers its answers from when they are asked for, whether or not anybody follows. */
    private final Map<String, Disposable> rooms = new ConcurrentHashMap<>();
    private final Slots slots;
    private final Endings endings;
    private final Outages outages;
    private final Timer waits;
    private final Disposable.Swap ticker = Disposables.swap();
    private volatile boolean running;
    private int lapsesSeen;

    Dispatcher(AnswerTools tools, Outages outages, SlotSource slots, MeterRegistry meters) {
        this.tools = tools;
        this.outages = outages;
        AnswerSettings settings = tools.settings();
        this.queue = new AnswerQueue(new AnswerQueue.Limits(settings.mostAtOnce(), settings.maxWaiting(),
                settings.maxPerUser(), settings.batchPatience()), tools.models()::readiness, tools.timer());
        this.slots = slots.of(queue);
        this.endings = new Endings(tools, queue, this::letGo);
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
        tools.models().onChange(this::modelsChanged);
    }

    AnswerTools tools() {
        return tools;
    }

    AnswerQueue queue() {
        return queue;
    }

    AnswerStatus status() {
        long done = tools.counted(AnswerEnd.DONE);
        long failed = tools.counted(AnswerEnd.FAILED);
        long timedOut = tools.counted(AnswerEnd.TIMEOUT);
        long cancelled = tools.counted(AnswerEnd.CANCELLED) + tools.counted(AnswerEnd.HANDOFF);
        long bySelf = done + failed + timedOut;
        Duration average = queue.averageTime();
        return new AnswerStatus(queue.running(), queue.waiting(), tools.settings().mostAtOnce(),
                tools.models().concurrency(), done, failed, cancelled, timedOut,
                bySelf == 0 ? 1 : (double) done / bySelf, average == null ? 0 : average.toMillis(), queue.mostAtOnce(),
                tools.models().status(), tools.models().isFallback(), slots.degraded());
    }

    /** Takes an answer in. It does not start before it is released. */
    void add(AnswerTicket ticket) {
        rooms.computeIfAbsent(ticket.requestId(), id -> tools.rooms().hold(ticket.dialogId()));
        queue.add(ticket);
    }

    /** Who asked for it knows of it: it may start, and tell of itself. */
    void release(String requestId) {
        queue.release(requestId);
        startWhatMay();
        queue.newPlace(requestId).ifPresent(this::tell);
    }

    /** See {@link Answers#cancel}. */
    Mono<Boolean> cancel(long dialogId, String requestId, Predicate<AnswerTicket> may) {
        return Mono.defer(() -> {
            Optional<AnswerRun> run;
            Optional<AnswerTicket> waiting;
            synchronized (runs) {
                run = runs.find(requestId)
                        .filter(found -> found.ticket().dialogId() == dialogId && may.test(found.ticket()));
                run.ifPresent(AnswerRun::markCancelled);
                waiting = queue.find(requestId).filter(may).flatMap(found -> queue.remove(requestId, dialogId));
            }
            run.ifPresent(AnswerRun::cancel);
            return waiting.isPresent() ? endings.cancelled(waiting.get()) : Mono.just(run.isPresent());
        });
    }

    /** The dialog's answers say nothing from now on. Returns what they have said. */
    List<PartialAnswer> hold(long dialogId) {
        return runs.hold(dialogId);
    }

    void resume(long dialogId) {
        runs.resume(dialogId);
    }

    /** What the dialog's answers began before this turn is over, and somebody else has kept it. */
    void cutOff(long dialogId, long newTurn) {
        queue.removeOutdated(dialogId, newTurn).forEach(this::letGo);
        runs.outdated(dialogId, newTurn).forEach(run -> {
            run.cutOff();
            tools.count(AnswerEnd.HANDOFF);
        });
    }

    /** Nothing more comes of it here. */
    private void letGo(AnswerTicket ticket) {
        tools.shares().giveBack(ticket.askedBy(), ticket.requestId());
        Disposable room = rooms.remove(ticket.requestId());
        if (room != null) {
            room.dispose();
        }
    }

    private void modelsChanged() {
        queue.bear(tools.models().concurrency());
        startWhatMay();
    }

    private void startWhatMay() {
        while (running) {
            Optional<AnswerRun> next = next();
            if (next.isEmpty()) {
                queue.wanted().forEach(tools.models()::want);
                slots.check();
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
                boolean isFresh = start.waited().compareTo(FRESH) < 0;
                AnswerRun run = new AnswerRun(start.ticket(), isFresh, start.tries(), tools);
                runs.add(run);
                return run;
            });
        }
    }

    private void start(AnswerRun run) {
        AnswerTicket ticket = run.ticket();
        run.start(new AnswerRun.Host() {
            @Override
            public void notReady(ModelName model) {
                boolean isWanted;
                synchronized (runs) {
                    runs.remove(run);
                    isWanted = !run.isCancelled();
                    if (isWanted) {
                        queue.putBack(ticket.requestId(), model);
                    } else {
                        queue.ended(ticket.requestId());
                    }
                }
                if (!isWanted) {
                    endings.end(ticket, AnswerEnd.CANCELLED);
                }
                startWhatMay();
                queue.newPlace(ticket.requestId()).ifPresent(Dispatcher.this::tell);
            }

            @Override
            public void modelFree() {
                queue.ended(ticket.requestId());
                startWhatMay();
            }

            @Override
            public void over() {
                runs.remove(run);
                letGo(ticket);
            }
        });
    }

    private void tell(AnswerQueue.Place place) {
        AnswerTicket ticket = place.ticket();
        tools.rooms().publish(new AnswerQueued(ticket.dialogId(), ticket.requestId(), ticket.turn(), ticket.inReplyTo(),
                place.position(), place.startsIn(), place.phase()));
    }

    /** Takes up what was asked for before, and goes on to tell places. */
    @Override
    public void start() {
        running = true;
        slots.open(this::startWhatMay);
        ticker.update(tools.store()
                .takeUp(true, List.of())
                .doOnNext(this::takeUp)
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .then()
                .onErrorResume(Dispatcher::nextTime)
                .thenMany(Flux.interval(TICK, tools.timer()))
                .onBackpressureDrop()
                .concatMap(tick -> tick(tick).onErrorResume(Dispatcher::nextTime))
                .subscribe());
    }

    /** What goes wrong once must not be the last of all ticks. */
    private static Mono<Void> nextTime(Throwable error) {
        if (!(error instanceof ProblemException)) { // which says that the database is away, as others say already
            log.error("What is to be done for answers every second could not be done", error);
        }
        return Mono.empty();
    }

    private Mono<Void> tick(long number) {
        return Mono.defer(() -> {
            queue.tidy();
            startWhatMay();
            queue.newPlaces().forEach(this::tell);
            endings.giveUp(outages.hopeless(queue));
            return outages.askForHumans(queue)
                    .then(dropWhatWasLost())
                    .then(number % TAKE_UP_EVERY == 0 ? takeUpOfOthers() : Mono.empty());
        });
    }

    /** After a time in which this node was taken for dead: others have its answers by now, and finish them. */
    private Mono<Void> dropWhatWasLost() {
        int lapses = tools.node().lapses();
        if (lapses == lapsesSeen) {
            return Mono.empty();
        }
        List<AnswerRun> running = runs.all();
        List<OpenAnswer> open = queue.open();
        return tools.store().own().doOnNext(own -> {
            lapsesSeen = lapses;
            running.stream().filter(run -> !own.contains(run.ticket().requestId())).forEach(AnswerRun::cutOff);
            open.stream()
                    .filter(answer -> !own.contains(answer.requestId()))
                    .forEach(lost -> queue.remove(lost.requestId(), lost.dialogId()).ifPresent(this::letGo));
            startWhatMay();
        }).then();
    }

    /** Of nodes that live no longer, and of this one what it does not know of. */
    Mono<Void> takeUpOfOthers() {
        return Mono
                .defer(() -> running ? tools.store().takeUp(false, Set.copyOf(rooms.keySet())) : Mono.empty())
                .doOnNext(this::takeUp)
                .then();
    }

    private void takeUp(List<AnswerTicket> tickets) {
        if (!tickets.isEmpty()) {
            log.info("Taking up {} answers that were left open", tickets.size());
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
        slots.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
