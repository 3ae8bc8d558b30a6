package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.concurrent.Queues;

/**
 * Where the followers of one dialog on this node hear of it.
 *
 * <p><b>One writer.</b> Events come from the log, from models and from carriers, on any thread. They enter one queue, and
 * whichever thread finds it idle drains it; so the sink sees one event at a time, in order, and a {@code Sinks.unsafe()} is
 * enough. Joining goes through the same queue, which makes the snapshot and what follows it exact: no event is in both and
 * none in neither. The queue has no bound of its own because nothing in the drain waits: each follower's buffer below the
 * sink takes what it is given or overflows by itself, and every producer is bounded where it produces.
 *
 * <p><b>A hint, not the truth.</b> The room remembers the newest messages and the answers in flight, so that most who come
 * back need not ask the log. It may miss messages (another node wrote them); the feed finds out by their numbers.
 *
 * <p><b>Open when it hears.</b> Where there are other nodes, a new room does not hear them at once. Guests wait until it does:
 * whoever read the log before would miss what is told between. What is told meanwhile is remembered as always.
 *
 * <p><b>The end of a turn.</b> After a message that ends a turn, events of answers that began before it are dropped, so that
 * no word of the assistant can follow a takeover, however late its thread.
 */
final class DialogRoom {

    private static final Logger log = LoggerFactory.getLogger(DialogRoom.class);

    private final Sinks.Many<SharedEvent> sink = Sinks.unsafe().many().multicast().directBestEffort();
    private final Queue<Runnable> work = Queues.<Runnable>unboundedMultiproducer().get();
    private final AtomicInteger pending = new AtomicInteger();

    private final ConcurrentHashMap<Long, Mono<History.Page>> reads = new ConcurrentHashMap<>(1);

    // Touched only while draining.
    private final RecentMessages recent;
    private final Map<String, AnswerInFlight> answers = new LinkedHashMap<>();
    private final EndedAnswers ended = new EndedAnswers();
    private final List<Runnable> waiting = new ArrayList<>(0);
    private boolean open;
    private long turn;

    /** The newest seq that was heard of, for who is not in the room. */
    private volatile long newest;

    private final Neighbours neighbours;

    // Guarded by the registry, see Rooms.
    int holders;
    long emptySince;

    /** What a room wants of the rooms of other nodes. */
    interface Neighbours {

        /** The beginning of an answer that another node tells of is not known here. */
        void ask();

        /** More is known of the newest messages than before, from the log. */
        void remember(List<Message> newest);

        /** These answers may have ended without that being heard of. */
        void findEnds(Collection<String> requestIds);
    }

    DialogRoom(int recentSize, Neighbours neighbours) {
        this.recent = new RecentMessages(recentSize);
        this.neighbours = neighbours;
    }

    /** Lets the guests in. What other nodes remember of the dialog is given: oldest first, without a hole. */
    void open(List<Message> remembered) {
        enqueue(() -> {
            if (!remembered.isEmpty()) {
                learnNow(remembered.getFirst().seq() - 1, remembered);
            }
            open = true;
            waiting.forEach(DialogRoom::runSafely);
            waiting.clear();
        });
    }

    /**
     * How things stood when a follower joined; every later event comes after it.
     *
     * @param recent every message after the follower's place, oldest first; absent where the room does not know them all
     * @param newest the newest seq that the room has heard of; a page of the log that does not reach it was read too early
     * @param answers what brings a newcomer up to date about the answers in flight
     */
    record Snapshot(@Nullable List<Message> recent, long newest, List<OfAnswer> answers) {}

    /** One who hears of all that is said in a room, without backpressure, and so has to buffer or drop. */
    interface Guest extends CoreSubscriber<SharedEvent> {

        /** Comes before every other signal. */
        void onJoined(Snapshot snapshot);
    }

    /** The newest seq that was heard of here; 0 where none was. */
    long newest() {
        return newest;
    }

    /**
     * Lets a guest in, who wants the messages after {@code since}.
     *
     * @param given how much of the texts of answers the guest has already
     */
    void join(long since, Map<String, Integer> given, Guest guest) {
        enqueueWhenOpen(() -> {
            guest.onJoined(snapshot(since, given));
            sink.asFlux().subscribe(guest);
        });
    }

    /** Tells what is remembered, on whichever thread is at work here. */
    void recall(Consumer<Recollection> listener) {
        enqueue(() -> listener.accept(new Recollection(recent.all(), turn)));
    }

    /** The page of the log after {@code since}, read once for all who ask for it at the same time. */
    Mono<History.Page> read(long since, Function<Long, Mono<History.Page>> log) {
        return reads.computeIfAbsent(since,
                from -> log.apply(from).doFinally(end -> reads.remove(from)).cache());
    }

    /** Remembers what was read from the log: every message after {@code since} up to the newest. */
    void learn(long since, List<Message> read) {
        enqueue(() -> {
            int known = recent.size();
            learnNow(since, read);
            if (recent.size() > known) {
                neighbours.remember(recent.all());
            }
        });
    }

    private void learnNow(long since, List<Message> read) {
        recent.learn(since, read);
        read.forEach(this::end);
        hear(recent.newest());
    }

    /** Messages were missed, and any answer may have ended with them. Those that still run are told of anew. */
    private void forgetAnswersOfOthers() {
        if (forget(answer -> !answer.isOwn())) {
            neighbours.ask();
        }
    }

    /** Those of which nothing more may be shown, though it was not told that they are over. Returns whether there were any. */
    private boolean forget(Predicate<AnswerInFlight> which) {
        List<String> forgotten = answers.entrySet().stream().filter(entry -> which.test(entry.getValue()))
                .map(Map.Entry::getKey).toList();
        forgotten.forEach(answers::remove);
        if (!forgotten.isEmpty()) {
            neighbours.findEnds(forgotten);
        }
        return !forgotten.isEmpty();
    }

    /** Their ends may have been missed; those that have none yet are let be. */
    void findEndsOfOthers() {
        enqueue(() -> {
            List<String> others = answers.entrySet().stream().filter(entry -> !entry.getValue().isOwn())
                    .map(Map.Entry::getKey).toList();
            if (!others.isEmpty()) {
                neighbours.findEnds(others);
            }
        });
    }

    /** Of what has ended with this message nothing more is shown to newcomers. */
    private void end(Message message) {
        if (message.sender() == Sender.ASSISTANT && message.requestId() != null
                && answers.remove(message.requestId()) != null) {
            ended.stored(message.requestId());
        }
        if (message.kind().endsTurn() && message.turn() > turn) {
            turn = message.turn();
            forget(answer -> answer.turn() < turn);
        }
    }

    /** Tells all followers, in this order and with nothing in between; then the other nodes. */
    void publish(List<? extends DialogEvent> events, Runnable others) {
        enqueue(() -> {
            events.forEach(event -> tell(event, true));
            others.run();
        });
    }

    /** Tells the followers what another node has told. */
    void receive(List<? extends DialogEvent> events) {
        enqueue(() -> events.forEach(event -> tell(event, false)));
    }

    /** Tells what is not known yet of the answers that run on another node. */
    void catchUp(List<OfAnswer> inFlight) {
        enqueue(() -> inFlight.stream().filter(news -> !(news instanceof AnswerStarted) || !hasStarted(news))
                .forEach(news -> tell(news, false)));
    }

    private boolean hasStarted(OfAnswer news) {
        AnswerInFlight known = answers.get(news.requestId());
        return known != null && known.hasStarted();
    }

    /** What another node has to know of the answers that run here. */
    void tellOwnAnswers(Consumer<List<OfAnswer>> listener) {
        enqueue(() -> {
            List<OfAnswer> news = new ArrayList<>();
            answers.values().stream().filter(AnswerInFlight::isOwn).forEach(answer -> answer.tellAll(news, 0));
            listener.accept(news);
        });
    }

    /** Runs the task when guests are let in, at once where they are. */
    void whenOpen(Runnable task) {
        enqueueWhenOpen(task);
    }

    private void enqueueWhenOpen(Runnable task) {
        enqueue(() -> {
            if (open) {
                task.run();
            } else {
                waiting.add(task);
            }
        });
    }

    private void enqueue(Runnable task) {
        work.add(task);
        if (pending.getAndIncrement() != 0) {
            return;
        }
        int missed = 1;
        do {
            Runnable next;
            while ((next = work.poll()) != null) {
                runSafely(next);
            }
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    /** One task that fails must not stop those behind it: nobody else would drain the queue ever again. */
    private static void runSafely(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError | LinkageError unexpected) {
            log.error("A task failed, and is left out", unexpected);
        }
    }

    /** @param own whether it is of this node */
    private void tell(DialogEvent event, boolean own) {
        if (remember(event, own)) {
            // The result is ignored: ZERO_SUBSCRIBER is a room that only remembers, and OVERFLOW cannot be, because the
            // buffer right below each subscription asks for everything.
            sink.tryEmitNext(new SharedEvent(event));
        }
    }

    /** Returns whether the event may still be shown. */
    private boolean remember(DialogEvent event, boolean own) {
        switch (event) {
            case Logged(Message message) -> {
                if (recent.newest() >= 0 && message.seq() > recent.newest() + 1) {
                    forgetAnswersOfOthers();
                }
                recent.add(message);
                hear(message.seq());
                end(message); // that its answer has ended is told next, and may be lost
                if (message.sender() == Sender.ASSISTANT && message.requestId() != null) {
                    ended.stored(message.requestId());
                }
            }
            case AnswerFinished finished -> {
                answers.remove(finished.requestId());
                return ended.finished(finished.requestId());
            }
            case OfAnswer news -> {
                return news.turn() >= turn && !ended.contains(news.requestId()) && remember(news, own);
            }
            case DialogEvent.OfPerson news -> {
            }
            case DialogEvent.Reset reset ->
                throw new IllegalArgumentException("a reset is said by a feed, not in a room");
            case DialogEvent.Updated updated ->
                throw new IllegalArgumentException("changes are told to the inbox, not in a room");
        }
        return true;
    }

    private boolean remember(OfAnswer news, boolean own) {
        AnswerInFlight answer = answers.computeIfAbsent(news.requestId(), id -> new AnswerInFlight(news.turn()));
        boolean fits = answer.add(news, own);
        if (!fits && !own && answer.isToBeAskedFor()) {
            neighbours.ask();
        }
        return fits;
    }

    private void hear(long seq) {
        newest = Math.max(newest, seq); // only the one that drains writes it
    }

    private Snapshot snapshot(long since, Map<String, Integer> given) {
        List<OfAnswer> news = new ArrayList<>();
        answers.forEach((requestId, answer) -> answer.tellAll(news, given.getOrDefault(requestId, 0)));
        return new Snapshot(recent.since(since), recent.newest(), news);
    }
}
