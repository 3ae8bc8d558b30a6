package dev.parley.gateway.replay;

import java.time.Duration;
import tools.jackson.databind.JsonNode;

/**
 * What came of one question. Times are from the moment at which it was asked.
 *
 * @param position the first place in the queue that was told; 0: it did not have to wait
 * @param started when the answer began; zero where it did not
 * @param firstWord when its first words came; zero where none did
 * @param ended when it was over
 * @param deltas events with words
 * @param characters of the answer
 * @param outcome the reason of {@code answer_finished}; else the code of a refusal, or {@code unfinished}
 */
record Answered(int position, Duration started, Duration firstWord, Duration ended, int deltas, int characters,
        String outcome) {

    boolean isDone() {
        return outcome.equals("done");
    }

    /** How fast the answer grew after its first words; 0 where that cannot be said. */
    double charactersPerSecond() {
        double seconds = ended.minus(firstWord).toNanos() / 1e9;
        return deltas > 1 && seconds > 0 ? characters / seconds : 0;
    }

    /** Notes when what happens. For one thread. */
    static final class Watch {

        private final long begun;
        private int position;
        private Duration started = Duration.ZERO;
        private Duration firstWord = Duration.ZERO;
        private Duration ended = Duration.ZERO;
        private int deltas;
        private int characters;
        private String outcome = "";

        Watch(long begun) {
            this.begun = begun;
        }

        Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - begun);
        }

        boolean isOver() {
            return !outcome.isEmpty();
        }

        void queued(int place) {
            position = Math.max(position, place);
        }

        Answered refused(String code) {
            outcome = code;
            ended = elapsed();
            return answered();
        }

        void heard(JsonNode event) {
            switch (event.path("type").asString("")) {
                case "answer_queued" -> queued(event.path("position").asInt());
                case "answer_started" -> started = elapsed();
                case "answer_delta" -> {
                    if (deltas++ == 0) {
                        firstWord = elapsed();
                    }
                    characters = event.path("offset").asInt() + event.path("text").asString("").length();
                }
                case "answer_finished" -> {
                    outcome = event.path("reason").asString("");
                    ended = elapsed();
                }
                default -> {
                }
            }
        }

        Answered answered() {
            return new Answered(position, started, firstWord, isOver() ? ended : elapsed(), deltas, characters,
                    isOver() ? outcome : "unfinished");
        }
    }
}
