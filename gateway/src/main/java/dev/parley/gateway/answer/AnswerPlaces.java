package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.WaitPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where those who wait stand, across the lines of all classes. Guarded by the {@link AnswerQueue}. */
final class AnswerPlaces {

    /** Nobody is told more often than once a second, as the clock of those who tell goes. */
    private static final long TOLD_EVERY = Duration.ofMillis(950).toNanos();

    private final AnswerLines lines;
    private final AverageTime serviceTime;

    AnswerPlaces(AnswerLines lines, AverageTime serviceTime) {
        this.lines = lines;
        this.serviceTime = serviceTime;
    }

    /** 1 = next. */
    int of(WaitingAnswer entry) {
        return position(entry, lines.of(entry.answerClass).rank(entry));
    }

    /** By its place among its own class, and by how many of the others start meanwhile, as their weights have it. */
    private int position(WaitingAnswer entry, int rank) {
        int position = rank;
        for (AnswerClass other : AnswerClass.values()) {
            if (other != entry.answerClass) {
                position += Math.min(lines.of(other).size(), rank * other.weight() / entry.answerClass.weight());
            }
        }
        return position;
    }

    /** All that wait, in the order in which they are to start as things stand. */
    List<OpenAnswer> all() {
        List<OpenAnswer> all = new ArrayList<>();
        for (AnswerLine line : lines.all()) {
            int[] rank = {0};
            line.forEach(entry -> all.add(OpenAnswer.waiting(entry.ticket, position(entry, ++rank[0]))));
        }
        all.sort(Comparator.comparingInt(OpenAnswer::position));
        return all;
    }

    /** What was not told yet of this one; it counts as told from now on. */
    Optional<AnswerQueue.Place> news(WaitingAnswer entry, @Nullable WaitPhase phase, int atOnce, long now) {
        return news(entry, of(entry), phase, atOnce, now);
    }

    /** What was not told yet of all; it counts as told from now on. */
    List<AnswerQueue.Place> news(Function<WaitingAnswer, @Nullable WaitPhase> phases, int atOnce, long now) {
        List<AnswerQueue.Place> places = new ArrayList<>();
        for (AnswerLine line : lines.all()) {
            int[] rank = {0};
            line.forEach(entry -> news(entry, position(entry, ++rank[0]), phases.apply(entry), atOnce, now)
                    .ifPresent(places::add));
        }
        return places;
    }

    private Optional<AnswerQueue.Place> news(WaitingAnswer entry, int position, @Nullable WaitPhase phase, int atOnce,
            long now) {
        boolean isTold = entry.toldPosition == position && entry.toldPhase == phase;
        boolean isTooEarly = entry.toldPosition != 0 && now - entry.toldAt < TOLD_EVERY;
        if (!entry.released || isTold || isTooEarly) {
            return Optional.empty();
        }
        entry.toldAt = now;
        entry.toldPosition = position;
        entry.toldPhase = phase;
        return Optional.of(new AnswerQueue.Place(entry.ticket, position,
                phase == null ? startsIn(position, atOnce) : null, phase));
    }

    /** So many have to end before it starts, and so many run at once. */
    private @Nullable Duration startsIn(int position, int atOnce) {
        Duration average = serviceTime.average();
        return average == null ? null : average.multipliedBy(position).dividedBy(atOnce);
    }
}
