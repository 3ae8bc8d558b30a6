package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import dev.parley.gateway.dialog.DialogEvent.Reset;
import dev.parley.gateway.dialog.DialogRoom.Snapshot;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * One follower's way through a dialog: see {@link DialogFeed} for what it promises.
 *
 * <p>Signals come from the room, from reads of the log and from the follower, on any thread. Whoever finds it idle works on
 * until nothing is left to do, one thread at a time ({@code pending} counts who has asked), so all fields but those that say
 * otherwise are touched by one thread at a time. While it is idle a live event goes straight through.
 */
final class FeedSubscription implements DialogRoom.Guest, Subscription {

    private static final int PAGE = 200;
    /** So many messages are said at most while news of an answer is on its way from one node to another; a room remembers more. */
    private static final int LOOKED_BACK = 60;

    private static final AtomicLongFieldUpdater<FeedSubscription> REQUESTED = AtomicLongFieldUpdater
            .newUpdater(FeedSubscription.class, "requested");

    private final DialogFeed feed;
    private final long dialogId;
    private final FeedPosition position;
    private final Map<String, Integer> given;
    private final Subscriber<? super SharedEvent> follower;
    private final AtomicInteger pending = new AtomicInteger();
    private final DialogRoom room;

    private final LiveEvents live = new LiveEvents();

    private volatile long requested;
    private volatile boolean ended;
    private volatile @Nullable Snapshot joined;
    private volatile @Nullable Runnable arrived;
    private volatile Disposable reading = Disposables.disposed();

    private Stage stage = Stage.LIVE;
    private boolean waiting = true;
    private long emitted;
    private long logEnd;
    private long newestHeard;
    private long readFrom;
    private long lookedFor;
    private boolean sharing;
    private @Nullable List<OfAnswer> answers;
    private @Nullable Runnable whenCaughtUp;
    private final ArrayDeque<SharedEvent> ready = new ArrayDeque<>(0);

    /** What comes when {@code ready} is empty: the log, then the answers in flight, then the people, then what is live. */
    private enum Stage {
        LOG, ANSWERS, PEOPLE, LIVE
    }

    FeedSubscription(DialogFeed feed, long dialogId, long since, Map<String, Integer> inFlight,
            Subscriber<? super SharedEvent> follower, @Nullable Runnable whenCaughtUp) {
        this.feed = feed;
        this.dialogId = dialogId;
        this.position = new FeedPosition(since, inFlight.keySet());
        this.given = inFlight;
        this.follower = follower;
        this.whenCaughtUp = whenCaughtUp;
        this.room = feed.rooms().enter(dialogId);
    }

    void start() {
        follower.onSubscribe(this);
        join();
    }

    /**
     * Who comes from another node may have heard more than this one: the ends of answers and of turns that are not known here,
     * or are still on their way. It is not to be told of those answers again, so it begins a little before where it is.
     */
    private void join() {
        waiting = true;
        readFrom = feed.rooms().areAlone() ? position.last() : Math.max(0, position.last() - LOOKED_BACK);
        room.join(readFrom, given, this);
    }

    @Override
    public void onJoined(Snapshot snapshot) {
        joined = snapshot;
        work();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        live.listen(subscription);
    }

    @Override
    public void onNext(SharedEvent event) {
        if (pending.compareAndSet(0, 1)) {
            if (isIdle() && emitted != requested) {
                receive(event);
            } else {
                live.keep(event);
            }
            workOff();
        } else {
            live.keep(event);
            work();
        }
    }

    @Override
    public void onError(Throwable error) {
        throw new IllegalStateException("a room does not fail", error);
    }

    @Override
    public void onComplete() {
        throw new IllegalStateException("a room does not end");
    }

    @Override
    public void request(long n) {
        if (Operators.validate(n)) {
            Operators.addCap(REQUESTED, this, n);
            work();
        }
    }

    @Override
    public void cancel() {
        end();
    }

    private boolean end() {
        if (!live.close()) {
            return false;
        }
        ended = true;
        reading.dispose();
        feed.rooms().leave(dialogId);
        return true;
    }

    private void work() {
        if (pending.getAndIncrement() == 0) {
            workOff();
        }
    }

    private void workOff() {
        int missed = 1;
        do {
            while (!ended && step()) {
                // One step after the other.
            }
            missed = pending.addAndGet(-missed);
        } while (missed != 0);
    }

    /** Does one thing; returns false where there is nothing to do for now. */
    private boolean step() {
        if (waiting) {
            return takeWhatArrived();
        }
        if (!ready.isEmpty()) {
            return emitted != requested && emit(ready.removeFirst());
        }
        return switch (stage) {
            case LOG -> read(page(), this::take);
            case ANSWERS -> tellOfAnswers();
            case PEOPLE -> tellOfPeople();
            case LIVE -> tellOfBeingCaughtUp() || (emitted != requested && goOnLive());
        };
    }

    private boolean isIdle() {
        return !waiting && stage == Stage.LIVE && ready.isEmpty() && whenCaughtUp == null && !ended && live.isEmpty();
    }

    private boolean takeWhatArrived() {
        Snapshot snapshot = joined;
        Runnable news = arrived;
        if (snapshot != null) {
            joined = null;
            waiting = false;
            catchUp(snapshot);
        } else if (news != null) {
            arrived = null;
            waiting = false;
            news.run();
        }
        return !waiting;
    }

    private void catchUp(Snapshot snapshot) {
        answers = snapshot.answers();
        newestHeard = snapshot.newest();
        List<Message> recent = snapshot.recent();
        if (recent == null || newestHeard < position.last()) {
            long from = readFrom;
            readLog();
            readFrom = from;
        } else {
            recent.forEach(this::passOrRecall);
            stage = Stage.ANSWERS;
        }
    }

    /** Together with others who want the same page. */
    private void readLog() {
        logEnd = 0;
        sharing = true;
        readFrom = position.last();
        stage = Stage.LOG;
    }

    private Mono<History.Page> page() {
        return sharing
                ? room.read(readFrom, since -> feed.history().after(dialogId, since, PAGE))
                : feed.history().after(dialogId, readFrom, PAGE);
    }

    private void take(History.Page page) {
        if (sharing && page.newest() < newestHeard) {
            sharing = false; // somebody else's read began before we came; our own cannot miss what was told before that
            return;
        }
        if (logEnd == 0 && page.newest() - position.last() > feed.replayLimit()) {
            position.jumpTo(page.newest());
            ready.addLast(new SharedEvent(new Reset(dialogId, page.newest())));
            stage = Stage.ANSWERS;
            return;
        }
        long since = readFrom;
        logEnd = Math.max(logEnd, page.newest());
        page.messages().forEach(this::passOrRecall);
        readFrom = position.last();
        if (position.last() >= logEnd) {
            room.learn(since, page.messages());
            stage = Stage.ANSWERS;
        } else if (page.messages().isEmpty()) {
            fail(new IllegalStateException("the log ends at %d (expected: %d)".formatted(since, logEnd)));
        }
    }

    private void passOrRecall(Message message) {
        if (message.seq() > position.last()) {
            pass(message);
        } else {
            position.recall(message);
        }
    }

    private void pass(Message message) {
        Logged logged = new Logged(message);
        position.moveTo(logged);
        ready.addLast(new SharedEvent(logged));
    }

    /** Brings the follower up to date about the answers in flight, those included that are so no more. */
    private boolean tellOfAnswers() {
        List<OfAnswer> inFlight = answers;
        if (inFlight == null) {
            stage = Stage.LIVE;
            return true; // it was only a hole
        }
        List<String> gone = position.unheardEnds(inFlight);
        return gone.isEmpty()
                ? tellOfAnswers(inFlight, List.of())
                : read(Flux.fromIterable(gone)
                        .concatMap(requestId -> feed.desk().end(dialogId, requestId))
                        .collectList(), (List<AnswerFinished> ends) -> tellOfAnswers(inFlight, ends));
    }

    private boolean tellOfAnswers(List<OfAnswer> inFlight, List<AnswerFinished> ends) {
        long newest = ends.stream().mapToLong(FeedSubscription::message).max().orElse(0);
        if (newest > Math.max(position.last(), lookedFor)) {
            lookFor(newest); // one has ended since the log was read
            return true;
        }
        answers = null;
        stage = Stage.PEOPLE;
        inFlight.stream().filter(position::admits).forEach(this::tell);
        ends.forEach(this::tell);
        return true;
    }

    /** Reads the log on for a message that has to be there; once, whatever it has. */
    private void lookFor(long seq) {
        newestHeard = seq;
        lookedFor = seq;
        readLog();
    }

    private boolean tellOfPeople() {
        stage = Stage.LIVE;
        return read(feed.standing().standing(dialogId),
                people -> people.forEach(news -> ready.addLast(new SharedEvent(news))));
    }

    private void tell(OfAnswer news) {
        position.note(news);
        ready.addLast(new SharedEvent(news));
    }

    private boolean goOnLive() {
        SharedEvent next = live.poll();
        if (next != null) {
            receive(next);
            return true;
        }
        boolean lost = live.takeLoss();
        if (lost) {
            join();
        }
        return lost;
    }

    /** Passes a live event on, if it is the follower's turn to know of it. */
    private void receive(SharedEvent shared) {
        switch (shared.event()) {
            case Logged(Message message) when message.seq() > position.next() -> {
                newestHeard = message.seq();
                readLog();
            }
            case Logged(Message message) when message.seq() < position.next() -> {
                // Known already.
            }
            case Logged logged -> {
                position.moveTo(logged);
                emit(shared);
            }
            case OfAnswer news when message(news) > Math.max(position.last(), lookedFor) -> {
                live.putBack(shared); // the message was lost on the way, and comes first
                lookFor(message(news));
            }
            case OfAnswer news when !position.admits(news) -> {
                // Of an answer that is over.
            }
            case OfAnswer news -> {
                position.note(news);
                emit(shared);
            }
            case DialogEvent other -> emit(shared);
        }
    }

    /** The seq of the message that comes before the news: of what was asked, or of what was said; 0 where there is none. */
    private static long message(OfAnswer news) {
        return switch (news) {
            case DialogEvent.AnswerQueued queued -> queued.inReplyTo();
            case DialogEvent.AnswerStarted started -> started.inReplyTo();
            case DialogEvent.AnswerDelta delta -> 0;
            case AnswerFinished end -> Objects.requireNonNullElse(end.seq(), 0L);
        };
    }

    private boolean emit(SharedEvent event) {
        emitted++;
        follower.onNext(event);
        return true;
    }

    private boolean tellOfBeingCaughtUp() {
        Runnable tell = whenCaughtUp;
        whenCaughtUp = null;
        if (tell != null) {
            tell.run();
        }
        return tell != null;
    }

    private void fail(Throwable error) {
        if (end()) {
            follower.onError(error);
        }
    }

    private <T> boolean read(Mono<T> what, Consumer<T> take) {
        waiting = true;
        reading = what.subscribe(value -> arrive(() -> take.accept(value)), error -> arrive(() -> fail(error)));
        return true;
    }

    private void arrive(Runnable news) {
        arrived = news;
        work();
    }
}
