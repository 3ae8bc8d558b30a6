package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogRoom.Snapshot;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * One follower's way through a dialog: see {@link DialogFeed} for what it promises, and {@link FeedStages} for what comes when.
 *
 * <p>Signals come from the room, from reads of the log and from the follower, on any thread. Whoever finds it idle works on
 * until nothing is left to do, one thread at a time ({@code pending} counts who has asked), so all fields but those that say
 * otherwise are touched by one thread at a time. While it is idle a live event goes straight through.
 */
final class FeedSubscription implements DialogRoom.Guest, Subscription {

    private static final AtomicLongFieldUpdater<FeedSubscription> REQUESTED = AtomicLongFieldUpdater
            .newUpdater(FeedSubscription.class, "requested");

    private final Rooms rooms;
    private final long dialogId;
    private final DialogRoom room;
    private final Map<String, Integer> given;
    private final Subscriber<? super SharedEvent> follower;
    private final AtomicInteger pending = new AtomicInteger();
    private final LiveEvents live = new LiveEvents();
    private final FeedStages stages;

    private volatile long requested;
    private volatile boolean ended;
    private volatile @Nullable Snapshot joined;
    private volatile @Nullable Runnable arrived;
    private volatile Disposable reading = Disposables.disposed();

    private boolean waiting = true;
    private long emitted;

    FeedSubscription(DialogFeed feed, long dialogId, long since, Map<String, Integer> inFlight,
            Subscriber<? super SharedEvent> follower, @Nullable Runnable whenCaughtUp) {
        this.rooms = feed.rooms();
        this.dialogId = dialogId;
        this.given = inFlight;
        this.follower = follower;
        this.room = rooms.enter(dialogId);
        this.stages = new FeedStages(feed, dialogId, room, since, inFlight.keySet(), this, whenCaughtUp);
    }

    void start() {
        follower.onSubscribe(this);
        join();
    }

    private void join() {
        waiting = true;
        room.join(stages.begin(), given, this);
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
                stages.receive(event);
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
        rooms.leave(dialogId);
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
        if (stages.haveReady()) {
            if (emitted == requested) {
                return false;
            }
            emit(stages.nextReady());
            return true;
        }
        return stages.goOn() || (emitted != requested && goOnLive());
    }

    private boolean isIdle() {
        return !waiting && stages.areOver() && !ended && live.isEmpty();
    }

    private boolean takeWhatArrived() {
        Snapshot snapshot = joined;
        Runnable news = arrived;
        if (snapshot != null) {
            joined = null;
            waiting = false;
            stages.joined(snapshot);
        } else if (news != null) {
            arrived = null;
            waiting = false;
            news.run();
        }
        return !waiting;
    }

    private boolean goOnLive() {
        SharedEvent next = live.poll();
        if (next != null) {
            stages.receive(next);
            return true;
        }
        boolean lost = live.takeLoss();
        if (lost) {
            join();
        }
        return lost;
    }

    /** Tells the follower, who has asked for more. */
    void emit(SharedEvent event) {
        emitted++;
        follower.onNext(event);
    }

    /** A live event is to be the next one again. */
    void putBack(SharedEvent event) {
        live.putBack(event);
    }

    void fail(Throwable error) {
        if (end()) {
            follower.onError(error);
        }
    }

    /** Does nothing more until this has come, and then that with it. */
    <T> void read(Mono<T> what, Consumer<T> take) {
        waiting = true;
        reading = what.subscribe(value -> arrive(() -> take.accept(value)), error -> arrive(() -> fail(error)));
    }

    private void arrive(Runnable news) {
        arrived = news;
        work();
    }
}
