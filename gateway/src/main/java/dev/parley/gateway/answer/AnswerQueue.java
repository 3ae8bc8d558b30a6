package dev.parley.gateway.answer;

import dev.parley.gateway.dialog.WaitPhase;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Readiness;
import dev.parley.gateway.model.Tries;
import dev.parley.gateway.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Who may speak next: so many at once, and of those who wait each user in turn ({@link AnswerLine}), where starts are shared
 * among the classes by weight ({@link AnswerLines}). What nobody waits for becomes as urgent as the rest when it has waited
 * for long. The queue decides and counts, and runs nothing.
 *
 * <p>Whoever is about to ask is first promised a place, or told why not; so nobody ever has more answers waiting and running
 * than its share, however many questions are under way at once. What is added without a promise is always taken: it was
 * promised an answer by somebody else, before a restart.
 *
 * <p>What waits for a model that cannot be asked does not hold up what waits for another. An answer that was let through and
 * finds its model unready is put back to where it was.
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
    private final Function<ModelName, Readiness> models;
    private final Scheduler clock;
    private final AnswerLines lines = new AnswerLines();
    private final WaitingAnswers waiting = new WaitingAnswers();
    private final SequencedMap<String, Running> running = new LinkedHashMap<>();
    private final AnswerShares shares;
    private final AverageTime serviceTime = new AverageTime();
    private final AnswerPlaces places = new AnswerPlaces(lines, serviceTime);
    private final AnswerSlots slots;
    private int mostAtOnce;

    /** @param models whether a model can be asked now; without waiting, and without calling back */
    AnswerQueue(Limits limits, Function<ModelName, Readiness> models, Scheduler clock) {
        this.limits = limits;
        this.models = models;
        this.slots = new AnswerSlots(limits.running());
        this.clock = clock;
        this.shares = new AnswerShares(limits.perUser());
    }

    /** @param since in nanoseconds */
    private record Running(WaitingAnswer entry, long since) {}

    /** An answer that is to start, how long it has waited, and what it has gone through already. */
    record Start(AnswerTicket ticket, Duration waited, Tries tries) {}

    /**
     * A ticket and its place, 1 = next.
     *
     * @param startsIn about; absent as long as no answer has ended, and where it waits for more than its turn
     */
    record Place(AnswerTicket ticket, int position, @Nullable Duration startsIn, @Nullable WaitPhase phase) {}

    /** So many may run at once from now on, though never more than the limits say. What runs goes on. */
    synchronized void bear(int running) {
        slots.bear(running);
    }

    /**
     * This node was given so many slots, for this time from then on, and would be given some more for the asking. Of those in
     * which answers ran when it asked, it keeps none whose answer has ended since: others may have waited for longer.
     *
     * @param used when it asked
     */
    synchronized void hold(int used, SlotLedger.Grant grant, long from, Duration time) {
        int held = Math.min(grant.slots(), running.size() + Math.max(0, grant.slots() - used));
        slots.hold(held, held + grant.free(), from + time.toNanos());
    }

    /** This node has so many slots until further notice. */
    synchronized void holdForGood(int held) {
        slots.holdForGood(held);
    }

    synchronized int held() {
        return slots.held();
    }

    /** What it would do with slots. */
    synchronized SlotNeed need() {
        int most = slots.bearable() - running.size();
        Set<ModelName> ready = most > 0 ? readyModels() : Set.of();
        return new SlotNeed(running.size(),
                ready.isEmpty() ? List.of() : lines.claims(ready::contains, most, now()));
    }

    /** As {@link #need}; and lets go of all slots that are not used, so that no more start until {@link #hold}. */
    synchronized SlotNeed needAndLetGo() {
        slots.letGo(running.size());
        return need();
    }

    /**
     * Promises a place, to be taken by {@link #add} or given back by {@link #forgo}; or says why there is none.
     *
     * @param speaker who is to answer, where that is known already
     */
    synchronized Optional<Problem> promise(String requestId, String user, ModelName model, @Nullable Speaker speaker) {
        int open = waiting.size() + shares.promised();
        boolean hasRoom = running.size() < atOnce() || running.size() + open < slots.bearable();
        if (open >= limits.waiting() && !(hasRoom && models.apply(model) == Readiness.READY)) {
            return Optional.of(Problem.QUEUE_FULL);
        }
        if (shares.isUsedUp(user)) {
            return Optional.of(Problem.RATE_LIMITED);
        }
        shares.promise(requestId, new AnswerShares.Promise(user, model, speaker, now()));
        return Optional.empty();
    }

    /** What was promised, if it was. */
    synchronized Optional<AnswerShares.Promise> promised(String requestId) {
        return shares.promised(requestId);
    }

    /** Gives a promise back, unless its place was taken. Returns whether it was given back now. */
    synchronized boolean forgo(String requestId) {
        return shares.forgo(requestId);
    }

    /** Gives the answer a place. It does not start before it is released. */
    synchronized void add(AnswerTicket ticket) {
        if (waiting.get(ticket.requestId()) != null || running.containsKey(ticket.requestId())) {
            return;
        }
        shares.redeem(ticket.requestId(), ticket.askedBy());
        WaitingAnswer entry = new WaitingAnswer(ticket, now());
        waiting.add(entry);
        lines.join(entry, now());
    }

    synchronized void release(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry != null) {
            entry.released = true;
        }
    }

    /** The answer that is to run now, if one waits and may. Whoever takes it calls {@link #ended} once when it has run. */
    synchronized Optional<Start> next() {
        Set<ModelName> ready = running.size() < atOnce() ? readyModels() : Set.of();
        WaitingAnswer first = ready.isEmpty() ? null : lines.first(ready::contains);
        return Optional.ofNullable(first).map(this::start);
    }

    /** Of those that are waited for. */
    private Set<ModelName> readyModels() {
        return waiting.models()
                .stream()
                .filter(model -> models.apply(model) == Readiness.READY)
                .collect(Collectors.toSet());
    }

    private Start start(WaitingAnswer entry) {
        long now = now();
        lines.start(entry, now);
        waiting.remove(entry);
        running.put(entry.requestId(), new Running(entry, now));
        mostAtOnce = Math.max(mostAtOnce, running.size());
        return new Start(entry.ticket, Duration.ofNanos(now - entry.since), entry.tries);
    }

    /** A running answer cannot be given, for this is its model and cannot be asked: it waits again, where it did before. */
    synchronized void putBack(String requestId, ModelName model) {
        Running early = running.remove(requestId);
        if (early != null) {
            slots.left();
            WaitingAnswer entry = early.entry();
            entry.model = model;
            entry.toldPosition = 0;
            waiting.add(entry);
            lines.putBack(entry);
        }
    }

    /** The models that answers wait for. */
    synchronized Set<ModelName> wanted() {
        return waiting.models();
    }

    /** What waits for this model and was not returned from here before. */
    synchronized List<AnswerTicket> unattended(ModelName model) {
        List<WaitingAnswer> news = waiting.of(model).stream().filter(entry -> !entry.attended).toList();
        news.forEach(entry -> entry.attended = true);
        return tickets(news);
    }

    /** What has waited for this model for so long. */
    synchronized List<AnswerTicket> waitingFor(ModelName model, Duration time) {
        long before = now() - time.toNanos();
        return tickets(waiting.of(model).stream().filter(entry -> entry.since - before <= 0).toList());
    }

    private static List<AnswerTicket> tickets(List<WaitingAnswer> entries) {
        return entries.stream().map(entry -> entry.ticket).toList();
    }

    /** A running answer has left its slot. */
    synchronized void ended(String requestId) {
        Running ended = running.remove(requestId);
        if (ended != null) {
            slots.left();
            serviceTime.add(now() - ended.since());
            shares.giveBack(ended.entry().user());
        }
    }

    /** The answer, if it waits or runs. */
    synchronized Optional<AnswerTicket> find(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        Running run = running.get(requestId);
        return entry == null ? Optional.ofNullable(run).map(found -> found.entry().ticket) : Optional.of(entry.ticket);
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
        List<WaitingAnswer> outdated = waiting.outdated(dialogId, newTurn);
        outdated.forEach(this::takeOut);
        return tickets(outdated);
    }

    private void takeOut(WaitingAnswer entry) {
        waiting.remove(entry);
        lines.remove(entry);
        shares.giveBack(entry.user());
    }

    /** The answer's place, 1 = next; 0 where it does not wait, or where it will start at once. */
    synchronized int position(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry == null) {
            return 0;
        }
        int position = places.of(entry);
        boolean hasRoom = running.size() + position <= atOnce() || slots.areInReach(running.size() + position);
        return hasRoom && phase(entry.model) == null ? 0 : position;
    }

    /**
     * The answer's place, if it waits and was not told of that place yet; it counts as told from now on. What starts as soon as
     * this node has asked for a slot has none.
     */
    synchronized Optional<Place> newPlace(String requestId) {
        WaitingAnswer entry = waiting.get(requestId);
        if (entry == null) {
            return Optional.empty();
        }
        WaitPhase phase = phase(entry.model);
        return phase == null && slots.areInReach(running.size() + places.of(entry))
                ? Optional.empty()
                : places.news(entry, phase, Math.max(1, atOnce()), now());
    }

    /** The places that are not what was last told of them; they count as told from now on. */
    synchronized List<Place> newPlaces() {
        Map<ModelName, Optional<WaitPhase>> phases = new HashMap<>();
        waiting.models().forEach(model -> phases.put(model, Optional.ofNullable(phase(model))));
        return places.news(entry -> phases.getOrDefault(entry.model, Optional.empty()).orElse(null),
                Math.max(1, atOnce()),
                now());
    }

    private @Nullable WaitPhase phase(ModelName model) {
        return switch (models.apply(model)) {
            case READY -> null;
            case LOADING -> WaitPhase.LOADING;
            case DOWN, MISSING -> WaitPhase.UNAVAILABLE;
        };
    }

    /**
     * Makes what has waited for long as urgent as the rest, and takes promises back of which nothing came. To be called now and
     * then.
     */
    synchronized void tidy() {
        shares.forgoOlderThan(now() - PROMISE_HOLDS.toNanos());
        lines.hurryOlderThan(now() - limits.patience().toNanos(), now());
    }

    private int atOnce() {
        return slots.usable(now());
    }

    private long now() {
        return clock.now(TimeUnit.NANOSECONDS);
    }

    /** All that run, then all that wait in the order in which they are to start, as things stand. */
    synchronized List<OpenAnswer> open() {
        List<OpenAnswer> all = new ArrayList<>(running.size() + waiting.size());
        running.values().forEach(each -> all.add(OpenAnswer.running(each.entry().ticket, time(each.since()))));
        all.addAll(places.all());
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

    /** The most that have run at once. */
    synchronized int mostAtOnce() {
        return mostAtOnce;
    }

    /** How long an answer runs on the average; absent as long as none has ended. */
    synchronized @Nullable Duration averageTime() {
        return serviceTime.average();
    }
}
