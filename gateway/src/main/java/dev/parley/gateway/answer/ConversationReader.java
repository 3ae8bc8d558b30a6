package dev.parley.gateway.answer;

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

    /** What was said up to the question, and the question. */
    Mono<Conversation> read(AnswerTicket ticket, AnswerStore.Speaker speaker) {
        int context = models.contextTokens(speaker.model());
        return newest(ticket.dialogId(), ticket.inReplyTo() + 1, List.of(), speaker.systemPrompt(), context)
                .flatMap(messages -> {
                    Conversation seen = Conversation.of(speaker.systemPrompt(), messages, context);
                    long oldest = messages.isEmpty() ? 1 : messages.getLast().seq();
                    return oldest == 1
                            ? Mono.just(seen)
                            : history.questionsBefore(ticket.dialogId(), oldest).map(seen::dropping);
                });
    }

    private Mono<List<Message>> newest(long dialogId, long before, List<Message> newestFirst, String systemPrompt,
            int context) {
        return history.before(dialogId, before, PAGE).flatMap(page -> {
            List<Message> all = new ArrayList<>(newestFirst);
            all.addAll(page.reversed());
            return page.size() < PAGE || all.size() >= MOST || Conversation.fills(systemPrompt, all, context)
                    ? Mono.just(all)
                    : newest(dialogId, page.getFirst().seq(), all, systemPrompt, context);
        });
    }
}
