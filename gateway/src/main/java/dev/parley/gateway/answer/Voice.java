package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/** Whose words an answer is made of. */
sealed interface Voice {

    /** The answer, once. */
    Flux<ModelEvent> words();

    /** Whether no model speaks. */
    boolean cached();

    /** The answer came to its end, and is in the log with this text. */
    void stored(String text);

    /** The model's own. */
    final class OfModel implements Voice {

        /** That nothing is missing; a model that has reached its limit says {@code length}. */
        private static final String WHOLE = "stop";

        private final Flux<ModelEvent> answer;
        private final Consumer<String> keeper;
        private volatile boolean whole;

        /** @param keeper takes the text of an answer that is whole */
        OfModel(Flux<ModelEvent> answer, Consumer<String> keeper) {
            this.answer = answer;
            this.keeper = keeper;
        }

        @Override
        public Flux<ModelEvent> words() {
            return answer.doOnNext(event -> {
                if (event instanceof ModelEvent.Done done) {
                    whole = done.reason().equals(WHOLE);
                }
            });
        }

        @Override
        public boolean cached() {
            return false;
        }

        @Override
        public void stored(String text) {
            if (whole) {
                keeper.accept(text);
            }
        }
    }

    /**
     * An answer that was given before. It grows, as any does that a client shows, but within half a second: in few pieces,
     * with pauses that are longer than the usual window of deltas, so that each is seen.
     */
    record Repeating(String text, Scheduler timer) implements Voice {

        static final int MOST_PIECES = 10;
        static final Duration PAUSE = Duration.ofMillis(50);

        private static final int SHORTEST_PIECE = 20;

        @Override
        public Flux<ModelEvent> words() {
            List<ModelEvent> pieces = pieces();
            return Flux.interval(Duration.ZERO, PAUSE, timer)
                    .take(pieces.size())
                    .map(tick -> pieces.get(tick.intValue()));
        }

        private List<ModelEvent> pieces() {
            int count = Math.clamp(text.length() / SHORTEST_PIECE, 1, MOST_PIECES);
            List<ModelEvent> pieces = new ArrayList<>(count);
            int from = 0;
            for (int i = 1; i <= count; i++) {
                int to = i == count ? text.length() : end(from, text.length() * i / count);
                pieces.add(new ModelEvent.Text(text.substring(from, to)));
                from = to;
            }
            return pieces;
        }

        /** After a word, where there is more than one; never within a character. */
        private int end(int from, int near) {
            int afterSpace = text.lastIndexOf(' ', near - 1) + 1;
            if (afterSpace > from) {
                return afterSpace;
            }
            return Character.isLowSurrogate(text.charAt(near)) ? near + 1 : near;
        }

        @Override
        public boolean cached() {
            return true;
        }

        @Override
        public void stored(String said) {
            // kept for as long as it was to be when the model said it
        }
    }
}
