package dev.parley.gateway.answer;

import static java.util.Objects.requireNonNull;

import dev.parley.gateway.model.ModelEvent;
import dev.parley.gateway.model.ModelException;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.NotReadyException;
import dev.parley.gateway.model.Tries;
import dev.parley.gateway.dialog.Append;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.NewMessage;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.problem.ProblemException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * One answer from its start to the message that comes of it.
 *
 * <p>Where its model turns out not to be ready, nothing has happened, and it is to wait again. Else it ends in one of two
 * ways. By itself (done, failed, out of time, cancelled): then the text becomes a message under the turn it began in, and
 * the followers are told of the end. Or it is cut off because its turn has ended: then whoever ended the turn has kept the
 * text and told of the end, and nothing more is heard from here.
 */
final class AnswerRun {

    private static final Logger log = LoggerFactory.getLogger(AnswerRun.class);

    /** Longest text that is taken from a model, in UTF-16 units; more than any context holds. */
    private static final int MAX_TEXT = 256 * 1024;

    /** While the database is away a finished answer waits for it: about ten minutes. */
    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(70, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(10))
            .filter(ProblemException.class::isInstance);

    private final AnswerTicket ticket;
    private final boolean isFresh;
    private final Tries tries;
    private final AnswerTools tools;
    private final GrowingText text;
    private final Sinks.Empty<Void> cancelled = Sinks.empty();
    private final Disposable.Swap running = Disposables.swap();
    private volatile boolean concluding;
    private volatile boolean unready;
    private volatile boolean unwanted;
    private volatile @Nullable Speaker speaker;
    private @Nullable Voice voice;
    private int droppedTurns;

    /** Who lets it run. Exactly one of two things happens: {@link #notReady}; or {@link #modelFree}, then {@link #over}. */
    interface Host {

        /** This is its model, and it cannot be asked just now: the answer has to wait again. */
        void notReady(ModelName model);

        /** The model is not needed any more. */
        void modelFree();

        /** Nothing more comes of it. */
        void over();
    }

    /**
     * @param isFresh whether it was asked for just now
     * @param tries what it has gone through already
     */
    AnswerRun(AnswerTicket ticket, boolean isFresh, Tries tries, AnswerTools tools) {
        this.ticket = ticket;
        this.isFresh = isFresh;
        this.tries = tries;
        this.tools = tools;
        this.text = new GrowingText(tools.settings().deltaWindow(), tools.timer(), this::show);
    }

    AnswerTicket ticket() {
        return ticket;
    }

    void start(Host host) {
        running.update(speak().doFinally(signal -> {
            if (!unready) {
                host.modelFree();
            }
        })
                .flatMap(this::conclude)
                .switchIfEmpty(Mono.defer(this::endUnwanted))
                .onErrorResume(AnswerRun::recurs, this::giveUp)
                .doFinally(signal -> {
                    if (!unready) {
                        host.over();
                    }
                })
                .onErrorResume(NotReadyException.class, error -> {
                    host.notReady(requireNonNull(speaker).model());
                    return Mono.empty();
                })
                .subscribe(end -> tools.count(end), error -> {
                    log.warn("Answer {} stays open: its end could not be stored", ticket.requestId(), error);
                    tools.rooms().publish(finished(AnswerEnd.FAILED, null));
                }));
    }

    /** Shows nothing until resumed or cut off. Returns what was said so far. */
    String hold() {
        return text.hold();
    }

    void resume() {
        text.resume();
    }

    /** Stops at once and for good; somebody else has kept what was said. */
    void cutOff() {
        text.close();
        running.dispose();
    }

    /** For a node that stops: as {@link #cutOff}, unless all is said and is just being stored. */
    void stop() {
        if (!concluding) {
            cutOff();
        }
    }

    /** From now on it counts as cancelled, and is not to wait again. To be followed by {@link #cancel}. */
    void markCancelled() {
        unwanted = true;
    }

    boolean isCancelled() {
        return unwanted;
    }

    /** Stops the model at once; what was said so far is kept as a message. */
    void cancel() {
        cancelled.tryEmitEmpty(); // a second cancel fails to emit, and needs not
    }

    /** Has the answer said, by whoever is to. Empty where the answer is not wanted any more. */
    private Mono<AnswerEnd> speak() {
        return tools.begin(ticket, isFresh)
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .flatMap(this::speak)
                .doOnError(NotReadyException.class, error -> unready = true);
    }

    private Mono<AnswerEnd> speak(ConversationReader.Begun begun) {
        speaker = begun.speaker();
        droppedTurns = begun.conversation().droppedTurns();
        return tools.voices()
                .choose(ticket, begun.speaker(), begun.conversation(), tries)
                .map(this::speak)
                .orElseGet(() -> Mono.error(new NotReadyException()));
    }

    private Mono<AnswerEnd> speak(Voice chosen) {
        voice = chosen;
        tools.rooms()
                .publish(new AnswerStarted(ticket.dialogId(), ticket.requestId(), ticket.turn(), ticket.inReplyTo()));
        return chosen.words()
                .doOnNext(this::hear)
                .then(Mono.just(AnswerEnd.DONE))
                .takeUntilOther(cancelled.asMono())
                .switchIfEmpty(Mono.just(AnswerEnd.CANCELLED))
                .onErrorResume(this::failed);
    }

    private void hear(ModelEvent event) {
        if (event instanceof ModelEvent.Text(String piece) && text.append(storable(piece)) > MAX_TEXT) {
            throw new ModelException(ModelException.Kind.FAILED, "the answer is longer than %d".formatted(MAX_TEXT),
                    null);
        }
    }

    /** PostgreSQL keeps every character but this one. */
    private static String storable(String piece) {
        return piece.replace('\0', '\uFFFD');
    }

    private Mono<AnswerEnd> failed(Throwable error) {
        return switch (error) {
            case NotReadyException e -> Mono.error(e);
            case TimeoutException e -> {
                log.warn("Answer {} was given up: {}", ticket.requestId(), e.getMessage());
                yield Mono.just(AnswerEnd.TIMEOUT);
            }
            case ModelException e -> {
                log.warn("Answer {} failed: {} ({})", ticket.requestId(), e.getMessage(), e.kind());
                yield Mono.just(AnswerEnd.FAILED);
            }
            default -> {
                log.error("Answer {} failed", ticket.requestId(), error);
                yield Mono.just(AnswerEnd.FAILED);
            }
        };
    }

    /** Keeps what was said and tells the followers of the end, unless the turn has ended meanwhile. */
    private Mono<AnswerEnd> conclude(AnswerEnd end) {
        concluding = true;
        String said = text.close();
        if (said.isBlank()) {
            return endWithoutAWord(end == AnswerEnd.DONE ? AnswerEnd.FAILED : end);
        }
        var unsure = new AtomicBoolean();
        return tools.log()
                .append(message(said, end))
                .doOnError(ProblemException.class, error -> unsure.set(true))
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .ofType(Append.Stored.class)
                // Stored before, and not by a try of this run: another node has taken the answer up, and told of its end.
                .filter(stored -> !stored.repeated() || unsure.get())
                .doOnNext(stored -> {
                    if (end == AnswerEnd.DONE) {
                        requireNonNull(voice).stored(said);
                    }
                    if (stored.repeated()) {
                        tools.rooms().publish(new Logged(stored.message())); // nobody was told when it was stored
                    }
                    tools.rooms().publish(finished(end, stored.message().seq()));
                })
                .map(stored -> end);
    }

    /** Whether it would be so again, whoever took the answer up: neither the model nor the database is merely away. */
    private static boolean recurs(Throwable error) {
        return !(error instanceof NotReadyException) && !(error instanceof ProblemException)
                && !Exceptions.isRetryExhausted(error);
    }

    private Mono<AnswerEnd> giveUp(Throwable error) {
        log.error("Answer {} is given up: it could not be begun or stored", ticket.requestId(), error);
        concluding = true;
        text.close();
        return endWithoutAWord(AnswerEnd.FAILED);
    }

    /** Of an earlier turn, it would stay open for ever: nobody takes such up. What has ended, or is another node's, is let be. */
    private Mono<AnswerEnd> endUnwanted() {
        concluding = true;
        text.close();
        return endWithoutAWord(AnswerEnd.CANCELLED);
    }

    private Mono<AnswerEnd> endWithoutAWord(AnswerEnd end) {
        return tools.store()
                .end(ticket, end, UNTIL_DATABASE_IS_BACK)
                .doOnNext(ended -> tools.rooms().publish(finished(ended.reason(), ended.seq())))
                .map(AnswerFinished::reason);
    }

    private NewMessage message(String said, AnswerEnd end) {
        Message.State state = switch (end) {
            case DONE -> null;
            case CANCELLED, HANDOFF -> Message.State.CANCELLED;
            case FAILED, TIMEOUT -> Message.State.FAILED;
        };
        return new NewMessage(ticket.dialogId(), Sender.ASSISTANT, NewMessage.ASSISTANT,
                requireNonNull(speaker).name(),
                NewMessage.answerId(ticket.requestId()),
                said, state, ticket.requestId(), ticket.turn(), null);
    }

    private AnswerFinished finished(AnswerEnd reason, @Nullable Long seq) {
        return new AnswerFinished(ticket.dialogId(), ticket.requestId(), ticket.turn(), reason, seq, droppedTurns,
                voice != null && voice.cached());
    }

    private void show(int offset, String piece) {
        tools.rooms().publish(new AnswerDelta(ticket.dialogId(), ticket.requestId(), ticket.turn(), offset, piece));
    }
}
