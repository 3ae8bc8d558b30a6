package dev.parley.gateway.dialog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;

/** An assistant's side that answers nothing and remembers what it was told. */
final class RecordingDesk implements AnswerDesk {

    final List<String> told = new CopyOnWriteArrayList<>();
    volatile List<PartialAnswer> texts = List.of();

    final Map<String, AnswerEnd> ends = new ConcurrentHashMap<>();
    /** The seqs of what was said of those that have ended, where anything was. */
    final Map<String, Long> messages = new ConcurrentHashMap<>();

    @Override
    public Mono<DialogEvent.AnswerFinished> end(long dialogId, String requestId) {
        return Mono.justOrEmpty(ends.get(requestId))
                .map(end -> new DialogEvent.AnswerFinished(dialogId, requestId, 0, end,
                        messages.get(requestId)));
    }

    @Override
    public void reserve(Message question, String askedBy) {
        told.add("reserve %s for %s".formatted(question.requestId(), askedBy));
    }

    @Override
    public void release(Message question) {
        told.add("release %s".formatted(question.requestId()));
    }

    @Override
    public void turnEnded(long dialogId, long newTurn) {
        told.add("turn ended " + newTurn);
    }

    @Override
    public Hold hold(long dialogId) {
        told.add("hold");
        List<PartialAnswer> held = new ArrayList<>(texts);
        return new Hold() {
            @Override
            public List<PartialAnswer> texts() {
                return held;
            }

            @Override
            public void end(long newTurn) {
                told.add("end " + newTurn);
            }

            @Override
            public void resume() {
                told.add("resume");
            }
        };
    }
}
