package dev.parley.gateway.answer;

import dev.parley.gateway.model.Models;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.AnswerEnd;
import dev.parley.gateway.dialog.MessageLog;
import dev.parley.gateway.dialog.Rooms;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What every run of an answer needs: the conversation so far, who is to speak, the log and the rooms. */
@Component
final class AnswerTools {

    private final AnswerStore store;
    private final MessageLog log;
    private final ConversationReader conversations;
    private final Rooms rooms;
    private final Models models;
    private final Voices voices;
    private final AnswerSettings settings;
    private final ThisNode node;
    private final UserShares shares;
    private final MeterRegistry meters;
    private final Scheduler timer;

    AnswerTools(AnswerStore store, MessageLog log, ConversationReader conversations, Rooms rooms, Models models,
            FirstAnswers firstAnswers, AnswerSettings settings, ThisNode node, ObjectProvider<UserShares> shares,
            MeterRegistry meters) {
        this.store = store;
        this.log = log;
        this.conversations = conversations;
        this.rooms = rooms;
        this.models = models;
        this.settings = settings;
        this.node = node;
        this.shares = shares.getIfAvailable(() -> UserShares.OF_ONE_NODE);
        this.meters = meters;
        this.timer = Schedulers.parallel();
        this.voices = new Voices(firstAnswers, models, timer);
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

    Models models() {
        return models;
    }

    Voices voices() {
        return voices;
    }

    AnswerSettings settings() {
        return settings;
    }

    ThisNode node() {
        return node;
    }

    UserShares shares() {
        return shares;
    }

    Scheduler timer() {
        return timer;
    }

    void count(AnswerEnd end) {
        ended(end).increment();
    }

    /** How many have ended like that. */
    long counted(AnswerEnd end) {
        return (long) ended(end).count();
    }

    private Counter ended(AnswerEnd end) {
        return Counter.builder("parley.answers")
                .description("Answers that have ended")
                .tag("outcome", end.word())
                .register(meters);
    }

    /** See {@link ConversationReader#read}. */
    Mono<ConversationReader.Begun> begin(AnswerTicket ticket, boolean isFresh) {
        return conversations.read(ticket, isFresh, store.begin(ticket.requestId()));
    }
}
