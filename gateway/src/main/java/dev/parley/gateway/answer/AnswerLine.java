package dev.parley.gateway.answer;

import dev.parley.gateway.model.ModelName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The answers of one class that wait, in the order in which they are to start: their users take turns. Whoever comes joins
 * the end of the line, and whoever has had a turn and wants more joins it again. So while somebody waits for a turn nobody
 * else has two, and a user's own answers start in the order in which they were asked for.
 *
 * <p>Guarded by the {@link AnswerQueue}.
 */
final class AnswerLine {

    /** By user, the next one first. */
    private final SequencedMap<String, ArrayDeque<WaitingAnswer>> users = new LinkedHashMap<>();

    private int size;

    /** How often something has come or gone. */
    private long changes;

    /** What the starts of this class have cost so far, see {@link AnswerClass#stride}. */
    long pass;

    int size() {
        return size;
    }

    void add(WaitingAnswer waiting) {
        users.computeIfAbsent(waiting.user(), newcomer -> new ArrayDeque<>(1)).addLast(waiting);
        size++;
        changes++;
    }

    /** Puts back what had its turn and could not use it: its user is next, as it was. */
    void putBack(WaitingAnswer waiting) {
        ArrayDeque<WaitingAnswer> own = users.remove(waiting.user());
        if (own == null) {
            own = new ArrayDeque<>(1);
        }
        own.addFirst(waiting);
        users.putFirst(waiting.user(), own);
        size++;
        changes++;
    }

    /** Takes it out without its having had its turn. */
    void remove(WaitingAnswer waiting) {
        users.computeIfPresent(waiting.user(), (user, own) -> {
            boolean wasNext = own.getFirst().requestId().equals(waiting.requestId());
            size -= own.remove(waiting) ? 1 : 0;
            changes++;
            if (wasNext && !own.isEmpty()) {
                own.getFirst().inLineSince = waiting.inLineSince;
            }
            return own.isEmpty() ? null : own;
        });
    }

    /** Takes it out, for it starts: its user has had its turn. */
    void start(WaitingAnswer waiting, long now) {
        remove(waiting);
        ArrayDeque<WaitingAnswer> rest = users.remove(waiting.user());
        if (rest != null) {
            rest.getFirst().inLineSince = now;
            users.putLast(waiting.user(), rest);
        }
    }

    /** For how long those that could start have waited for their turns, see {@link SlotNeed}. About as many as that. */
    void claims(Predicate<ModelName> ready, int most, ClaimOf claimOf, List<Long> claims) {
        int enough = claims.size() + most;
        List<ArrayDeque<WaitingAnswer>> more = new ArrayList<>();
        for (ArrayDeque<WaitingAnswer> own : users.values()) {
            WaitingAnswer next = own.getFirst();
            if (claims.size() < enough && next.released && ready.test(next.model)) {
                claims.add(claimOf.claim(next, 1));
                more.add(own);
            }
        }
        for (ArrayDeque<WaitingAnswer> own : claims.size() < enough ? more : List.<ArrayDeque<WaitingAnswer>>of()) {
            int turn = 0;
            for (WaitingAnswer each : own) {
                if (++turn > 1 && turn <= most && each.released && ready.test(each.model)) {
                    claims.add(claimOf.claim(each, turn));
                }
            }
        }
    }

    /** How good a claim it has, being at this turn of its user's. */
    interface ClaimOf {
        long claim(WaitingAnswer waiting, int turn);
    }

    /** The next one, of those that may start and whose model can be asked. */
    @Nullable
    WaitingAnswer first(Predicate<ModelName> ready) {
        for (ArrayDeque<WaitingAnswer> own : users.values()) {
            WaitingAnswer next = own.getFirst();
            if (next.released && ready.test(next.model)) {
                return next;
            }
        }
        return null;
    }

    /** Its place among those of this class, 1 = next. */
    int rank(WaitingAnswer waiting) {
        if (waiting.rankedAt != changes) {
            waiting.rank = findRank(waiting);
            waiting.rankedAt = changes;
        }
        return waiting.rank;
    }

    private int findRank(WaitingAnswer waiting) {
        ArrayDeque<WaitingAnswer> own = users.get(waiting.user());
        if (own == null) {
            throw new IllegalArgumentException("does not wait here: " + waiting.ticket);
        }
        int turn = turn(waiting, own);
        if (turn == 1 && users.lastEntry().getKey().equals(waiting.user())) {
            return users.size(); // as it is with all who come newly
        }
        WaitingAnswer first = own.getFirst();
        int rank = 0;
        int turnsOfOthers = turn; // of those who are ahead
        for (ArrayDeque<WaitingAnswer> each : users.values()) {
            if (each.getFirst() == first) {
                rank += turn;
                turnsOfOthers = turn - 1;
            } else {
                rank += Math.min(each.size(), turnsOfOthers);
            }
        }
        return rank;
    }

    /** At which of its user's turns it starts. */
    private static int turn(WaitingAnswer waiting, ArrayDeque<WaitingAnswer> own) {
        int turn = 1;
        for (WaitingAnswer each : own) {
            if (each == waiting) {
                break;
            }
            turn++;
        }
        return turn;
    }

    /** In the order in which they are to start, as things stand. */
    void forEach(Consumer<WaitingAnswer> action) {
        List<Iterator<WaitingAnswer>> round = new ArrayList<>(users.size());
        users.values().forEach(own -> round.add(own.iterator()));
        while (!round.isEmpty()) {
            round.removeIf(own -> {
                action.accept(own.next());
                return !own.hasNext();
            });
        }
    }
}
