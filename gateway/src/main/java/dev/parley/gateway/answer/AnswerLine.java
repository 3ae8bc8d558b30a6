package dev.parley.gateway.answer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
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

    /** What the starts of this class have cost so far, see {@link AnswerClass#stride}. */
    long pass;

    int size() {
        return size;
    }

    void add(WaitingAnswer waiting) {
        users.computeIfAbsent(waiting.user(), newcomer -> new ArrayDeque<>(1)).addLast(waiting);
        size++;
    }

    /** Takes it out without its having had its turn. */
    void remove(WaitingAnswer waiting) {
        users.computeIfPresent(waiting.user(), (user, own) -> {
            size -= own.remove(waiting) ? 1 : 0;
            return own.isEmpty() ? null : own;
        });
    }

    /** Takes it out, for it starts: its user has had its turn. */
    void start(WaitingAnswer waiting) {
        remove(waiting);
        ArrayDeque<WaitingAnswer> rest = users.remove(waiting.user());
        if (rest != null) {
            users.putLast(waiting.user(), rest);
        }
    }

    /** The next one, of those that may start. */
    @Nullable
    WaitingAnswer first() {
        for (ArrayDeque<WaitingAnswer> own : users.values()) {
            WaitingAnswer next = own.getFirst();
            if (next.released) {
                return next;
            }
        }
        return null;
    }

    /** Its place among those of this class, 1 = next. */
    int rank(WaitingAnswer waiting) {
        int turn = turn(waiting);
        Map.Entry<String, ?> last = users.lastEntry();
        if (turn == 1 && last != null && last.getKey().equals(waiting.user())) {
            return users.size(); // as it is with all who come newly
        }
        int rank = 0;
        boolean ahead = true;
        for (Map.Entry<String, ArrayDeque<WaitingAnswer>> other : users.entrySet()) {
            if (other.getKey().equals(waiting.user())) {
                rank += turn;
                ahead = false;
            } else {
                rank += Math.min(other.getValue().size(), ahead ? turn : turn - 1);
            }
        }
        return rank;
    }

    /** At which of its user's turns it starts. */
    private int turn(WaitingAnswer waiting) {
        int turn = 1;
        for (WaitingAnswer own : users.getOrDefault(waiting.user(), new ArrayDeque<>(1))) {
            if (own == waiting) {
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
