package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import dev.parley.gateway.dialog.SharedEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * One poll, from its admission until there is something to answer it with: gathers the events of a feed. Where there is news
 * when the feed has caught up, that is all; else it waits for some, and a moment longer, so that words come in handfuls; or
 * until there are many, or its time is over. Closing it, as a {@link Connection}, answers it at once.
 *
 * <p>Thousands wait at a time, so it is one object for all of this.
 */
final class Polling extends BaseSubscriber<SharedEvent> implements Connection {

    /** So many events a response at most; the next poll gets the others at once. */
    private static final int MOST = 200;

    private final CarrierTools tools;
    private final Follower follower;
    private final @Nullable Permit permit;
    private final Duration linger;
    private final Later later;
    private final MonoSink<PollNews> response;
    private final Disposable seat;

    /** Milliseconds since the epoch. */
    private final long deadline;
    private final long start = System.nanoTime();

    private final Disposable.Swap lingering = Disposables.swap();
    private final Disposable.Swap asking = Disposables.swap();

    // Guarded by this: time passes on a thread of its own.
    private final List<DialogEvent> events = new ArrayList<>(2);
    private Cursor cursor;
    private int received;
    private boolean hasNews;
    private boolean isCaughtUp;
    private boolean lingers;
    private boolean isOver;

    private Polling(CarrierTools tools, Follower follower, Disposable seat, Duration wait, Duration linger,
            Later later, MonoSink<PollNews> response) {
        this.tools = tools;
        this.follower = follower;
        this.cursor = follower.cursor();
        this.permit = wait.isZero() ? null : new Permit(tools.withdrawals(), follower.audience(), follower.session());
        this.linger = linger;
        this.later = later;
        this.response = response;
        this.seat = seat;
        this.deadline = System.currentTimeMillis() + wait.toMillis();
    }

    /**
     * What there is, or what comes. Fails where the feed does.
     *
     * @param seat given back when it is answered, or its client has gone
     * @param wait zero: only what there is
     * @param linger after the first news, or a little less
     * @param later lets time pass on the thread that has to write the answer in the end
     */
    static Mono<PollNews> of(CarrierTools tools, Follower follower, Disposable seat, Duration wait, Duration linger,
            Later later) {
        return Mono.create(response -> new Polling(tools, follower, seat, wait, linger, later, response).begin());
    }

    private void begin() {
        tools.statistics().opened(Transport.POLL);
        tools.people().pollBegan(follower.dialog().id(), caller());
        if (permit != null) {
            tools.connections().add(this);
        }
        response.onDispose(this::end); // at once where the client has left already, so after all that it undoes
        Cursor from = follower.cursor();
        tools.feed()
                .follow(follower.dialog().id(), from.seq(), from.answers(), this::caughtUp)
                .subscribe(this);
    }

    /** Once, whatever ends it: the answer, a failure, or the client that goes. */
    private void end() {
        cancel();
        lingering.dispose();
        asking.dispose();
        tools.connections().remove(this);
        tools.people().pollEnded(follower.dialog().id(), caller());
        seat.dispose();
        tools.statistics().closed(Transport.POLL, Duration.ofNanos(System.nanoTime() - start));
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(MOST);
    }

    @Override
    protected void hookOnNext(SharedEvent shared) {
        DialogEvent event = shared.event();
        boolean isNews;
        boolean isLive;
        boolean isFull;
        synchronized (this) {
            isNews = take(event);
            hasNews |= isNews;
            received++;
            isLive = isCaughtUp;
            isFull = received == MOST;
        }
        if (isFull) {
            finish();
        } else if (isLive && isNews) {
            linger();
        } else if (isLive && event instanceof OfPerson) {
            ifNewsOfPeople(this::linger);
        }
    }

    /** Whether it is something to tell. Of the people it is told in the end how they stand then. */
    private boolean take(DialogEvent event) {
        DialogEvent fresh = event instanceof OfPerson ? null : cursor.newIn(event);
        if (fresh == null) {
            return false;
        }
        cursor = cursor.after(fresh);
        boolean isVisible = PollNews.isVisible(fresh, follower);
        if (isVisible) {
            events.add(fresh);
        }
        return isVisible;
    }

    private void caughtUp() {
        boolean isEnough;
        synchronized (this) {
            isCaughtUp = true;
            isEnough = hasNews || permit == null;
        }
        if (isEnough) {
            finish();
        } else {
            ifNewsOfPeople(this::finish);
        }
    }

    private void ifNewsOfPeople(Runnable then) {
        withPeople(people -> {
            if (!people.mark().equals(follower.cursor().people())) {
                then.run();
            }
        });
    }

    private void linger() {
        synchronized (this) {
            if (lingers) {
                return;
            }
            lingers = true;
        }
        lingering.update(later.run(this::finish, linger));
    }

    private void finish() {
        PollNews gathered;
        synchronized (this) {
            if (isOver) {
                return;
            }
            isOver = true;
            gathered = new PollNews(List.copyOf(events), cursor);
        }
        cancel();
        withPeople(people -> response.success(gathered.with(people)));
    }

    private void withPeople(Consumer<PeopleShown> then) {
        asking.update(tools.people()
                .standing(follower.dialog().id())
                .subscribe(standing -> then.accept(PollNews.people(standing, follower)), response::error));
    }

    @Override
    protected void hookOnError(Throwable error) {
        response.error(error);
    }

    @Override
    protected void hookOnComplete() {
        finish();
    }

    @Override
    public Transport transport() {
        return Transport.POLL;
    }

    @Override
    public Audience audience() {
        return follower.audience();
    }

    @Override
    public Caller caller() {
        return follower.session().caller();
    }

    @Override
    public LongStream dialogs() {
        return LongStream.of(follower.dialog().id());
    }

    @Override
    public void tend(long now) {
        if (now > deadline || (permit != null && permit.hasEnded(now))) {
            finish();
        }
    }

    @Override
    public void leave(Duration reconnectAfter) {
        finish();
    }

    @Override
    public void close(CloseStatus reason) {
        finish(); // a response has no code for a reason; the next poll is told
    }
}
