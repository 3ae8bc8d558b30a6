package dev.parley.gateway.answer;

import dev.parley.gateway.database.DatabaseFailures;
import dev.parley.gateway.dialog.History;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.model.Models;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Reads as much of a dialog's log as the context of a model may hold, and counts the rest. */
@Component
final class ConversationReader {

    /** Read at a time; enough for most contexts. */
    private static final int PAGE = 100;

    /** A dialog with more messages than that in one context is of no use to anybody. */
    private static final int MOST = 1_000;

    private final History history;
    private final Models models;

    ConversationReader(History history, Models models) {
        this.history = history;
        this.models = models;
    }

    /**
     * What was said up to the question, and the question.
     *
     * <p>Fails with {@code UNAVAILABLE} where the database is away.
     *
     * @param begun who is to answer, and with what; the log is read at the same time
     */
    Mono<Conversation> read(AnswerTicket ticket, Mono<AnswerStore.Speaker> begun) {
        return Mono.zip(begun, history.before(ticket.dialogId(), ticket.inReplyTo() + 1, PAGE))
                .flatMap(both -> complete(ticket, both.getT1(), both.getT2()))
                .onErrorMap(DatabaseFailures::away, DatabaseFailures::unavailable);
    }

    private Mono<Conversation> complete(AnswerTicket ticket, AnswerStore.Speaker speaker, List<Message> newest) {
        int context = models.contextTokens(speaker.model());
        return moreThan(newest.reversed(), newest.size() == PAGE, ticket, speaker.systemPrompt(), context)
                .flatMap(messages -> {
                    Conversation seen = Conversation.of(speaker.systemPrompt(), messages, context);
                    long oldest = messages.isEmpty() ? 1 : messages.getLast().seq();
                    return oldest == 1
                            ? Mono.just(seen)
                            : history.questionsBefore(ticket.dialogId(), oldest).map(seen::dropping);
                });
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
