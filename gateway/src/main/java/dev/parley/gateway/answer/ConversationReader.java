package dev.parley.gateway.answer;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.dialog.History;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Recollection;
import dev.parley.gateway.dialog.Rooms;
import dev.parley.gateway.model.Models;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Takes as much of a dialog as the context of a model may hold, from memory where it is there, and counts the rest. */
@Component
final class ConversationReader {

    /** Read at a time; enough for most contexts. */
    private static final int PAGE = 100;

    /** A dialog with more messages than that in one context is of no use to anybody. */
    private static final int MOST = 1_000;

    private final Rooms rooms;
    private final History history;
    private final Models models;

    ConversationReader(Rooms rooms, History history, Models models) {
        this.rooms = rooms;
        this.history = history;
        this.models = models;
    }

    /** Who is to answer, and what to. */
    record Begun(Speaker speaker, Conversation conversation) {}

    /**
     * What was said up to the question, and the question. Empty where no answer is wanted any more.
     *
     * <p>Fails with {@code UNAVAILABLE} where the database is away.
     *
     * @param isFresh whether the question was stored just now, by the statement that looked whose turn it is: then nothing
     *     that is known here needs to be asked of the database
     * @param begin looks up who is to answer; empty where nobody is any more
     */
    Mono<Begun> read(AnswerTicket ticket, boolean isFresh, Mono<Speaker> begin) {
        return recall(ticket.dialogId())
                .flatMap(memory -> read(ticket, isFresh ? ticket.speaker() : null, memory, begin))
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    /**
     * Where another thread is at work in the room it is that one that tells what is remembered, in the middle of what it is doing:
     * it may hold locks, so nothing is done on it but to say so.
     */
    private Mono<Recollection> recall(long dialogId) {
        return Mono.defer(() -> {
            Thread asking = Thread.currentThread();
            return rooms.recall(dialogId)
                    .flatMap(memory -> Thread.currentThread().equals(asking)
                            ? Mono.just(memory)
                            : Mono.just(memory).publishOn(Schedulers.parallel()));
        });
    }

    private Mono<Begun> read(AnswerTicket ticket, @Nullable Speaker known, Recollection memory, Mono<Speaker> begin) {
        if (memory.turn() > ticket.turn()) {
            return Mono.empty();
        }
        List<Message> remembered = memory.upTo(ticket.inReplyTo(), PAGE);
        if (remembered != null && known != null) {
            return complete(ticket, known, remembered);
        }
        Mono<List<Message>> said = remembered == null
                ? history.before(ticket.dialogId(), ticket.inReplyTo() + 1, PAGE)
                : Mono.just(remembered);
        return Mono.zip(begin, said).flatMap(both -> complete(ticket, both.getT1(), both.getT2()));
    }

    private Mono<Begun> complete(AnswerTicket ticket, Speaker speaker, List<Message> newest) {
        int context = models.contextTokens(speaker.model());
        return moreThan(newest.reversed(), newest.size() == PAGE, ticket, speaker.systemPrompt(), context)
                .flatMap(messages -> {
                    Conversation seen = Conversation.of(speaker.systemPrompt(), messages, context);
                    long oldest = messages.isEmpty() ? 1 : messages.getLast().seq();
                    return oldest == 1
                            ? Mono.just(seen)
                            : history.questionsBefore(ticket.dialogId(), oldest).map(seen::dropping);
                })
                .map(conversation -> new Begun(speaker, conversation));
    }

    private Mono<List<Message>> moreThan(List<Message> newestFirst, boolean isMore, AnswerTicket ticket,
            String systemPrompt, int context) {
        if (!isMore || newestFirst.size() >= MOST || Conversation.fills(systemPrompt, newestFirst, context)) {
            return Mono.just(newestFirst);
        }
        return history.before(ticket.dialogId(), newestFirst.getLast().seq(), PAGE).flatMap(page -> {
            List<Message> all = new ArrayList<>(newestFirst);
            all.addAll(page.reversed());
            return moreThan(all, page.size() == PAGE, ticket, systemPrompt, context);
        });
    }
}
