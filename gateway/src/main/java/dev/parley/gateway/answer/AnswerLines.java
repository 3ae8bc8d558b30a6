package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The line of each class. Starts are shared among them by weight (stride scheduling, Waldspurger and Weihl 1995): each start
 * costs its class the more the less it weighs, and the class that has paid least is next.
 *
 * <p>Guarded by the {@link AnswerQueue}. All times are the queue's nanoseconds.
 */
final class AnswerLines {

    /** By so much each further turn of a user counts as later than all that wait. */
    private static final Duration TURN = Duration.ofSeconds(1);

    private final Map<AnswerClass, AnswerLine> lines = new EnumMap<>(AnswerClass.class);
    /** What the class had paid that has started last. */
    private long paid;

    AnswerLines() {
        for (AnswerClass each : AnswerClass.values()) {
            lines.put(each, new AnswerLine());
        }
    }

    AnswerLine of(AnswerClass answerClass) {
        return Objects.requireNonNull(lines.get(answerClass));
    }

    Collection<AnswerLine> all() {
        return lines.values();
    }

    void join(WaitingAnswer entry, long now) {
        entry.inLineSince = now;
        AnswerLine line = of(entry.answerClass);
        if (line.size() == 0) {
            line.pass = Math.max(line.pass, paid); // nothing is saved up while nobody waits
        }
        line.add(entry);
    }

    /** Takes it out without its having had its turn. */
    void remove(WaitingAnswer entry) {
        of(entry.answerClass).remove(entry);
    }

    /** The one that is to start next, of those that may start and whose model can be asked. */
    @Nullable
    WaitingAnswer first(Predicate<ModelName> ready) {
        AnswerLine cheapest = null;
        WaitingAnswer first = null;
        for (AnswerLine line : lines.values()) {
            WaitingAnswer candidate = cheapest == null || line.pass < cheapest.pass ? line.first(ready) : null;
            if (candidate != null) {
                cheapest = line;
                first = candidate;
            }
        }
        return first;
    }

    /** Takes it out, for it starts. */
    void start(WaitingAnswer entry, long now) {
        AnswerLine line = of(entry.answerClass);
        paid = line.pass;
        line.pass += entry.answerClass.stride();
        line.start(entry, now);
    }

    /** It has started in vain: it is where it was, and has paid nothing. */
    void putBack(WaitingAnswer entry) {
        AnswerLine line = of(entry.answerClass);
        line.pass -= entry.answerClass.stride();
        line.putBack(entry);
    }

    /** What nobody waits for and has waited since then becomes as urgent as the rest. */
    void hurryOlderThan(long since, long now) {
        List<WaitingAnswer> impatient = new ArrayList<>();
        of(AnswerClass.BATCH).forEach(entry -> {
            if (entry.since <= since) {
                impatient.add(entry);
            }
        });
        impatient.forEach(entry -> {
            remove(entry);
            entry.answerClass = AnswerClass.INTERACTIVE;
            entry.rankedAt = -1;
            join(entry, now);
        });
    }

    /** The best claims to slots of those that could start, so many at most, see {@link SlotNeed}. */
    List<Long> claims(Predicate<ModelName> ready, int most, long now) {
        List<Long> claims = new ArrayList<>();
        lines.values().forEach(line -> line.claims(ready, most, (entry, turn) -> claim(entry, turn, now), claims));
        claims.sort(Comparator.reverseOrder());
        return claims.subList(0, Math.min(most, claims.size()));
    }

    private static long claim(WaitingAnswer entry, int turn, long now) {
        long waited = turn == 1
                ? TimeUnit.NANOSECONDS.toMillis(now - entry.inLineSince)
                : -(turn - 1) * TURN.toMillis();
        long weight = entry.answerClass.weight();
        long usual = AnswerClass.INTERACTIVE.weight();
        return waited >= 0 ? waited * weight / usual : waited * usual / weight;
    }
}
