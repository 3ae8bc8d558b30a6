package dev.parley.gateway.answer;

import dev.parley.gateway.model.ChatModel;
import dev.parley.gateway.model.ModelEvent;
import dev.parley.gateway.model.ModelRequest;
import dev.parley.gateway.model.OllamaSettings;
import dev.parley.gateway.model.ModelTimeouts;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.History;
import dev.parley.gateway.dialog.MessageLog;
import dev.parley.gateway.dialog.Rooms;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What every run of an answer needs: the model with its time limits, the log, the rooms, and the conversation so far. */
@Component
final class AnswerTools {

    /** Messages that are looked at to fill a context; more fit no context of a size that is usual. */
    private static final int LOOK_BACK = 100;

    private final AnswerStore store;
    private final MessageLog log;
    private final History history;
    private final Rooms rooms;
    private final ChatModel model;
    private final AnswerSettings settings;
    private final OllamaSettings ollama;
    private final MeterRegistry meters;
    private final Scheduler timer;

    /** When the model last finished an answer, in the timer's milliseconds; long ago where it never has. */
    private volatile long lastDoneAt = Long.MIN_VALUE / 2;

    AnswerTools(AnswerStore store, MessageLog log, History history, Rooms rooms, ChatModel model,
            AnswerSettings settings,
            OllamaSettings ollama, MeterRegistry meters) {
        this.store = store;
        this.log = log;
        this.history = history;
        this.rooms = rooms;
        this.model = model;
        this.settings = settings;
        this.ollama = ollama;
        this.meters = meters;
        this.timer = Schedulers.parallel();
    }

    AnswerStore store() {
        return store;
    }

    MessageLog log() {
        return log;
    }

    Rooms rooms() {
        return rooms;
    }

    AnswerSettings settings() {
        return settings;
    }

    Scheduler timer() {
        return timer;
    }

    void count(AnswerEnd end) {
        Counter.builder("parley.answers")
                .description("Answers that have ended")
                .tag("outcome", end.word())
                .register(meters)
                .increment();
    }

    Mono<Conversation> conversation(AnswerTicket ticket, AnswerStore.Speaker speaker) {
        return history.before(ticket.dialogId(), ticket.inReplyTo() + 1, LOOK_BACK)
                .map(messages -> Conversation.of(speaker.systemPrompt(), messages.reversed(), ollama.numCtx()));
    }

    /** The model's stream with its time limits; one that is exceeded is a {@link TimeoutException}. */
    Flux<ModelEvent> chat(AnswerStore.Speaker speaker, Conversation conversation) {
        String name = Objects.requireNonNullElse(speaker.model(), ollama.model());
        return Flux.defer(() -> ModelTimeouts.limit(model.chat(new ModelRequest(name, conversation.turns())),
                isWarm() ? settings.firstTokenTimeout() : settings.loadTimeout(), settings.idleTimeout(),
                settings.timeout(),
                timer)).doOnComplete(() -> lastDoneAt = timer.now(TimeUnit.MILLISECONDS));
    }

    /** Whether the model is loaded, as far as is known: it stays so for a time after its last answer. */
    private boolean isWarm() {
        return timer.now(TimeUnit.MILLISECONDS) - lastDoneAt < ollama.keepAlive().toMillis();
    }
}
