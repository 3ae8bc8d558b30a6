package dev.parley.gateway.answer;

import dev.parley.gateway.access.Assistant;
import dev.parley.gateway.access.Assistants;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.database.Detached;
import dev.parley.gateway.dialog.AnswerDesk;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.limits.Rate;
import dev.parley.gateway.limits.RateLimits;
import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Models;
import dev.parley.gateway.problem.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * The assistant's side of all dialogs, for those who ask: takes the questions, or refuses them, says what has become of them,
 * and cancels. What is taken is the {@link Dispatcher}'s.
 */
@Component
public final class Answers implements AnswerDesk, DisposableBean {

    private final AnswerStore store;
    private final Dispatcher dispatcher;
    private final Rooms rooms;
    private final AnswerQueue queue;
    private final LateQuestions late;
    private final Leaves leaves;
    private final Outages outages;
    private final Assistants assistants;
    private final Models models;
    private final OtherAnswers others;

    Answers(AnswerStore store, Dispatcher dispatcher, Outages outages, Assistants assistants, Models models,
            ObjectProvider<OtherAnswers> others, AnswerSettings settings, RateLimits limits) {
        this.store = store;
        this.dispatcher = dispatcher;
        this.rooms = dispatcher.tools().rooms();
        this.queue = dispatcher.queue();
        this.late = new LateQuestions(store::model);
        this.outages = outages;
        this.assistants = assistants;
        this.models = models;
        this.others = others.getIfAvailable(() -> OtherAnswers.NONE);
        this.leaves = new Leaves(dispatcher, outages,
                limits.limit("answers", Rate.perMinute(settings.perUserPerMinute()),
                        "You have asked for many answers: wait before you ask for the next one"));
    }

    @Override
    public void destroy() {
        late.dispose();
    }

    /**
     * Gives the caller leave to ask its own assistant, to be used at once with {@link #use}; or refuses it. Where the database
     * is away it is the default model that is asked about. Where the dialog seems to be in human hands, it does not
     * count before an answer was asked for after all.
     */
    public Mono<Leave> leave(Caller caller, long dialogId) {
        Long assistantId = caller.ground().assistantId();
        return assistantId == null
                ? Mono.error(() -> new IllegalArgumentException("has no assistant: " + caller.key()))
                : rooms.recall(dialogId).flatMap(memory -> leave(caller, assistantId, !memory.assistantIsSilent()));
    }

    private Mono<Leave> leave(Caller caller, long assistantId, boolean isExpected) {
        return assistants.find(assistantId)
                .map(assistant -> Optional.of(speaker(assistant)))
                .onErrorResume(DatabaseFailures::away, away -> Mono.empty())
                .defaultIfEmpty(Optional.empty())
                .flatMap(speaker -> leaves.give(caller,
                        speaker.map(Speaker::model).orElseGet(this::defaultModel), speaker.orElse(null),
                        isExpected));
    }

    private ModelName defaultModel() {
        return models.name(ModelKind.OLLAMA, null);
    }

    private Speaker speaker(Assistant assistant) {
        return new Speaker(assistant.id(), assistant.name(), models.name(kind(assistant.backend()), assistant.model()),
                assistant.systemPrompt());
    }

    private static ModelKind kind(Assistant.Backend backend) {
        return switch (backend) {
            case OLLAMA -> ModelKind.OLLAMA;
            case OPENAI -> ModelKind.OPENAI;
        };
    }

    /** Does what the leave was given for. Where no answer was asked for after all, the leave counts as never given. */
    public <T> Mono<T> use(Leave leave, Caller caller, Mono<T> work, Predicate<T> asked) {
        return leaves.use(leave, caller, work, asked);
    }

    /** A message was stored whose answer this leave has refused: where there is nobody to answer, a human is asked for. */
    public void refused(long dialogId, Leave leave) {
        if (leave.refusal() != null && leave.refusal().problem() == Problem.MODEL_UNAVAILABLE) {
            outages.needsHuman(dialogId);
        }
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
        return store.model(dialogId)
                .switchIfEmpty(Mono.error(Problem.NOT_FOUND::exception))
                .flatMap(model -> leaves.give(caller, model, null, true))
                .flatMap(leave -> {
                    String requestId = leave.requestId();
                    refused(dialogId, leave);
                    return requestId == null
                            ? Mono.error(Objects.requireNonNull(leave.refusal()))
                            : use(leave, caller, ask(requestId, dialogId, inReplyTo, caller, batch), asked -> true);
                })
                .as(Detached::run);
    }

    private Mono<Asked> ask(String requestId, long dialogId, long inReplyTo, Caller caller, boolean batch) {
        AnswerClass answerClass = batch
                ? AnswerClass.BATCH
                : caller instanceof Caller.Operator ? AnswerClass.OPERATOR : AnswerClass.INTERACTIVE;
        return store.ask(requestId, dialogId, inReplyTo, caller.key(), answerClass)
                .switchIfEmpty(Mono.error(() -> Problem.CONFLICT
                        .with("There is no message of the visitor to answer, or the dialog is not in the assistant's hands")))
                .map(ticket -> {
                    dispatcher.add(ticket);
                    Asked asked = new Asked(requestId, queue.position(requestId));
                    dispatcher.release(requestId);
                    return asked;
                });
    }

    /**
     * Cancels an answer of this dialog, waiting or running. Returns whether there was one.
     *
     * @param caller who has access to the dialog: an operator, or else nobody but who has asked for the answer
     */
    public Mono<Boolean> cancel(long dialogId, String requestId, Caller caller) {
        Predicate<String> may = askedBy -> caller instanceof Caller.Operator || askedBy.equals(caller.key());
        return dispatcher.cancel(dialogId, requestId, ticket -> may.test(ticket.askedBy()))
                .flatMap(was -> was ? Mono.just(true) : cancelElsewhere(dialogId, requestId, may));
    }

    private Mono<Boolean> cancelElsewhere(long dialogId, String requestId, Predicate<String> may) {
        return others == OtherAnswers.NONE
                ? Mono.just(false)
                : store.elsewhere(requestId)
                        .filter(found -> found.dialogId() == dialogId && may.test(found.askedBy()))
                        .flatMap(found -> others.cancel(found.node(), dialogId, requestId))
                        .defaultIfEmpty(false);
    }

    /** Cancels an answer of this node, for another that has looked who asks. */
    public Mono<Boolean> cancelHere(long dialogId, String requestId) {
        return dispatcher.cancel(dialogId, requestId, ticket -> true);
    }

    /** Another node lives no longer, and has left open what it had. */
    public Mono<Void> takeUpHere() {
        return dispatcher.takeUpOfOthers();
    }

    /** How it does. */
    public AnswerStatus status() {
        return dispatcher.status();
    }

    /**
     * All answers that wait or run; of each node those that run first, the others in the order in which they will. Where a
     * node does not say which it has, they are as the log knows them, and seem to wait.
     */
    public Mono<List<OpenAnswer>> open() {
        return others == OtherAnswers.NONE
                ? Mono.fromSupplier(this::openHere)
                : others.open().flatMap(told -> store.openElsewhere().map(logged -> together(told, logged)));
    }

    private List<OpenAnswer> together(List<OpenAnswer> told, List<OpenAnswer> logged) {
        Map<String, OpenAnswer> all = new LinkedHashMap<>();
        Stream.of(openHere(), told, logged)
                .flatMap(List::stream)
                .forEach(answer -> all.putIfAbsent(answer.requestId(), answer));
        return List.copyOf(all.values());
    }

    /** Those of this node. */
    public List<OpenAnswer> openHere() {
        return queue.open();
    }

    /** Where an answer was asked for, and whether by the one who wants to know. */
    public record Origin(long dialogId, boolean own) {}

    /** Whence an answer is, open or over. Empty where it was never asked for. */
    public Mono<Origin> origin(String requestId, Caller caller) {
        return Mono.justOrEmpty(queue.find(requestId))
                .map(ticket -> new AnswerStore.Asked(ticket.dialogId(), ticket.askedBy()))
                .switchIfEmpty(store.asked(requestId))
                .map(asked -> new Origin(asked.dialogId(), asked.by().equals(caller.key())));
    }

    @Override
    public Mono<AnswerFinished> end(long dialogId, String requestId) {
        return store.ended(dialogId, requestId);
    }

    @Override
    public void reserve(Message question, String askedBy) {
        String requestId = Objects.requireNonNull(question.requestId());
        queue.promised(requestId)
                .ifPresentOrElse(
                        promise -> dispatcher.add(ticket(question, askedBy, promise.model(), promise.speaker())),
                        () -> late.keep(question, askedBy));
    }

    @Override
    public void release(Message question) {
        String requestId = Objects.requireNonNull(question.requestId());
        boolean isLate = late.release(question, (askedBy, model) -> {
            dispatcher.add(ticket(question, askedBy, model, null));
            dispatcher.release(requestId);
        });
        if (!isLate) {
            dispatcher.release(requestId);
        }
    }

    private static AnswerTicket ticket(Message question, String askedBy, ModelName model, @Nullable Speaker speaker) {
        return new AnswerTicket(Objects.requireNonNull(question.requestId()), question.dialogId(), question.seq(),
                question.turn(), model, speaker, askedBy, AnswerClass.INTERACTIVE, question.timestamp());
    }

    @Override
    public void turnEnded(long dialogId, long newTurn) {
        dispatcher.cutOff(dialogId, newTurn);
    }

    @Override
    public Hold hold(long dialogId) {
        List<PartialAnswer> texts = dispatcher.hold(dialogId);
        var isOver = new AtomicBoolean();
        return new Hold() {
            @Override
            public List<PartialAnswer> texts() {
                return texts;
            }

            @Override
            public void end(long newTurn) {
                dispatcher.cutOff(dialogId, newTurn);
                resume();
            }

            @Override
            public void resume() {
                if (isOver.compareAndSet(false, true)) {
                    dispatcher.resume(dialogId);
                }
            }
        };
    }
}
