package dev.parley.gateway.answer;

import dev.parley.gateway.model.Models;
import dev.parley.gateway.model.Readiness;
import dev.parley.gateway.model.Tries;
import java.util.Optional;
import reactor.core.scheduler.Scheduler;

/** Chooses who is to speak: whoever has the answer already, which needs no model, else the model. */
final class Voices {

    private final FirstAnswers known;
    private final Models models;
    private final Scheduler timer;

    Voices(FirstAnswers known, Models models, Scheduler timer) {
        this.known = known;
        this.models = models;
        this.timer = timer;
    }

    /** Empty where it is the model's turn, and the model is not ready. */
    Optional<Voice> choose(AnswerTicket ticket, Speaker speaker, Conversation conversation, Tries tries) {
        Optional<FirstQuestion> question = known.isOn()
                ? FirstQuestion.of(ticket, speaker, conversation)
                : Optional.empty();
        Optional<String> before = question.flatMap(known::find);
        if (before.isPresent()) {
            return Optional.of(new Voice.Repeating(before.get(), timer));
        }
        if (models.readiness(speaker.model()) != Readiness.READY) {
            return Optional.empty();
        }
        question.ifPresent(missed -> known.missed());
        return Optional.of(new Voice.OfModel(models.chat(speaker.model(), conversation.turns(), tries),
                text -> question.ifPresent(missed -> known.keep(missed, text))));
    }
}
