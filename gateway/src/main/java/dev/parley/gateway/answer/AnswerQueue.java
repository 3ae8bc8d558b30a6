package dev.parley.gateway.answer;

import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Who may speak next: so many at once, and of those who wait each user in turn ({@link AnswerLine}), where starts are shared
 * among the classes by weight (stride scheduling, Waldspurger and Weihl 1995). What nobody waits for becomes as urgent as the
 * rest when it has waited for long. The queue decides and counts, and runs nothing.
 *
 * <p>Whoever is about to ask is first promised a place, or told why not; so nobody ever has more answers waiting and running
 * than its share, however many questions are under way at once. What is added without a promise is always taken: it was
 * promised an answer by somebody else, before a restart.
 *
 * <p>Safe for all threads; no call waits for anything but another short call. What is done for one answer takes no longer
 * where more wait, but for finding the place of a user's second one.
 */
final class AnswerQueue {

    /** Longer than anything that is promised takes to be stored. */
    private static final Duration PROMISE_HOLDS = Duration.ofMinutes(1);

    /**
     * @param running at once
     * @param waiting at a time
     * @param perUser waiting and running
     * @param patience after which what nobody waits for becomes as urgent as the rest
     */
    record Limits(int running, int waiting, int perUser, Duration patience) {}

    private final Limits limits;
    private final Scheduler clock;
    private final Map<AnswerClass, AnswerLine> lines = new EnumMap<>(AnswerClass.class);
    private final Map<String, WaitingAnswer> waiting = new HashMap<>();
    private final SequencedMap<String, Running> running = new LinkedHashMap<>();
    private final AnswerShares shares;
    private final AverageTime serviceTime = new AverageTime();
    private long paid;

    AnswerQueue(Limits limits, Scheduler clock) {
        this.limits = limits;
        this.clock = clock;
        this.shares = new AnswerShares(limits.perUser());
        for (AnswerClass each : AnswerClass.values()) {
            lines.put(each, new AnswerLine());
        }
    }

    /** @param since in nanoseconds */
    private record Running(AnswerTicket ticket, long since) {}

    /** An answer that is to start, and how long it has waited. */
    record Start(AnswerTicket ticket, Duration waited) {}

    /**
     * A ticket and its place, 1 = next.
     *
     * @param startsIn about; absent as long as no answer has ended
     */
    record Place(AnswerTicket ticket, int position, @Nullable Duration startsIn) {}

    /** Promises a place, to be taken by {@link #add} or given back by {@link #forgo}; or says why there is none. */
    synchronized Optional<Problem> promise(String requestId, String user) {
        if (waiting.size() + shares.promised() >= limits.waiting() && running.size() >= limits.running()) {
            return Optional.of(Problem.QUEUE_FULL);
        }
        if (shares.isUsedUp(user)) {
            return Optional.of(Problem.RATE_LIMITED);
        }
        shares.promise(requestId, user, now());
        return Optional.empty();
    }

    /** Gives a promise back, unless its place was taken. */
    synchronized void forgo(String requestId) {
        shares.forgo(requestId);
    }

    /** Gives the answer a place. It does not start before it is released. */
    synchronized void add(AnswerTicket ticket) {
        if (waiting.containsKey(ticket.requestId()) || running.containsKey(ticket.requestId())) {
            return;
        }
        shares.redeem(ticket.requestId(), ticket.askedBy());
        WaitingAnswer entry = new WaitingAnswer(ticket, now());
        waiting.put(ticket.requestId(), entry);
        join(entry);
    }

    private void join(WaitingAnswer entry) {
        AnswerLine line = line(entry.answerClass);
        if (line.size() == 0) {
            line.pass = Math.max(line.pass, paid); // nothing is saved up while nobody waits
        }
        line.add(entry);
    }

    synchronized void release(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry != null) {
            entry.released = true;
        }
    }

    /** The answer that is to run now, if one waits and may. Whoever takes it calls {@link #ended} once when it has run. */
    synchronized Optional<Start> next() {
        if (running.size() >= limits.running()) {
            return Optional.empty();
        }
        AnswerLine cheapest = null;
        WaitingAnswer first = null;
        for (AnswerLine line : lines.values()) {
            WaitingAnswer candidate = cheapest == null || line.pass < cheapest.pass ? line.first() : null;
            if (candidate != null) {
                cheapest = line;
                first = candidate;
            }
        }
        return cheapest == null || first == null ? Optional.empty() : Optional.of(start(cheapest, first));
    }

    private Start start(AnswerLine line, WaitingAnswer entry) {
        long now = now();
        paid = line.pass;
        line.pass += entry.answerClass.stride();
        line.start(entry);
        waiting.remove(entry.requestId());
        running.put(entry.requestId(), new Running(entry.ticket, now));
        return new Start(entry.ticket, Duration.ofNanos(now - entry.since));
    }

    /** A running answer has left its slot. */
    synchronized void ended(String requestId) {
        Running ended = running.remove(requestId);
        if (ended != null) {
            serviceTime.add(now() - ended.since());
            shares.giveBack(ended.ticket().askedBy());
        }
    }

    /** The answer, if it waits or runs. */
    synchronized Optional<AnswerTicket> find(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        Running run = running.get(requestId);
        return entry == null ? Optional.ofNullable(run).map(Running::ticket) : Optional.of(entry.ticket);
    }

    /** Takes a waiting answer of this dialog out, if it still waits. */
    synchronized Optional<AnswerTicket> remove(String requestId, long dialogId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry == null || entry.ticket.dialogId() != dialogId) {
            return Optional.empty();
        }
        takeOut(entry);
        return Optional.of(entry.ticket);
    }

    /** Takes out what waits of a dialog from before a turn. */
    synchronized List<AnswerTicket> removeOutdated(long dialogId, long newTurn) {
        List<WaitingAnswer> outdated = waiting.values()
                .stream()
                .filter(entry -> entry.ticket.dialogId() == dialogId && entry.ticket.turn() < newTurn)
                .toList();
        outdated.forEach(this::takeOut);
        return outdated.stream().map(entry -> entry.ticket).toList();
    }

    private void takeOut(WaitingAnswer entry) {
        waiting.remove(entry.requestId());
        line(entry.answerClass).remove(entry);
        shares.giveBack(entry.user());
    }

    /** The answer's place, 1 = next; 0 where it does not wait, or where it will start at once. */
    synchronized int position(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry == null) {
            return 0;
        }
        int position = position(entry, line(entry.answerClass).rank(entry));
        return running.size() + position <= limits.running() ? 0 : position;
    }

    /** By its place among its own class, and by how many of the others start meanwhile, as their weights have it. */
    private int position(WaitingAnswer entry, int rank) {
        int position = rank;
        for (AnswerClass other : AnswerClass.values()) {
            if (other != entry.answerClass) {
                position += Math.min(line(other).size(), rank * other.weight() / entry.answerClass.weight());
            }
        }
        return position;
    }

    /** The answer's place, if it waits and was not told of that place yet; it counts as told from now on. */
    synchronized Optional<Place> newPlace(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        return entry == null
                ? Optional.empty()
                : newPlace(entry, position(entry, line(entry.answerClass).rank(entry)));
    }

    /** The places that are not what was last told of them; they count as told from now on. */
    synchronized List<Place> newPlaces() {
        List<Place> places = new ArrayList<>();
        for (AnswerLine line : lines.values()) {
            int[] rank = {0};
            line.forEach(entry -> newPlace(entry, position(entry, ++rank[0])).ifPresent(places::add));
        }
        return places;
    }

    private Optional<Place> newPlace(WaitingAnswer entry, int position) {
        if (!entry.released || entry.toldPosition == position) {
            return Optional.empty();
        }
        entry.toldPosition = position;
        return Optional.of(new Place(entry.ticket, position, startsIn(position)));
    }

    /** So many have to end before it starts, and so many run at once. */
    private @Nullable Duration startsIn(int position) {
        Duration average = serviceTime.average();
        return average == null ? null : average.multipliedBy(position).dividedBy(limits.running());
    }

    /**
     * Makes what has waited for long as urgent as the rest, and takes promises back of which nothing came. To be called now and
     * then.
     */
    synchronized void tidy() {
        shares.forgoOlderThan(now() - PROMISE_HOLDS.toNanos());
        long old = now() - limits.patience().toNanos();
        List<WaitingAnswer> impatient = new ArrayList<>();
        line(AnswerClass.BATCH).forEach(entry -> {
            if (entry.since <= old) {
                impatient.add(entry);
            }
        });
        impatient.forEach(entry -> {
            line(AnswerClass.BATCH).remove(entry);
            entry.answerClass = AnswerClass.INTERACTIVE;
            entry.rankedAt = -1;
            join(entry);
        });
    }

    private AnswerLine line(AnswerClass answerClass) {
        return Objects.requireNonNull(lines.get(answerClass));
    }

    private long now() {
        return clock.now(TimeUnit.NANOSECONDS);
    }

    /** All that run, then all that wait in the order in which they are to start, as things stand. */
    synchronized List<OpenAnswer> open() {
        List<OpenAnswer> all = new ArrayList<>(running.size() + waiting.size());
        running.values().forEach(each -> all.add(OpenAnswer.running(each.ticket(), time(each.since()))));
        List<OpenAnswer> inLine = new ArrayList<>(waiting.size());
        for (AnswerLine line : lines.values()) {
            int[] rank = {0};
            line.forEach(entry -> inLine.add(OpenAnswer.waiting(entry.ticket, position(entry, ++rank[0]))));
        }
        inLine.sort(Comparator.comparingInt(OpenAnswer::position));
        all.addAll(inLine);
        return all;
    }

    private Instant time(long nanos) {
        return Instant.ofEpochMilli(
                clock.now(TimeUnit.MILLISECONDS) - TimeUnit.NANOSECONDS.toMillis(now() - nanos));
    }

    synchronized int waiting() {
        return waiting.size();
    }

    synchronized int running() {
        return running.size();
    }
}
