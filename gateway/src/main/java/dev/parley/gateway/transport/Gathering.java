package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import dev.parley.gateway.dialog.SharedEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.reactivestreams.Subscription;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * Gathers the events of a feed for one response. Where there is news when the feed has caught up, that is all; else it waits
 * for some, and a moment longer, so that words come in handfuls; or until there are many, or it is enough.
 */
final class Gathering extends BaseSubscriber<SharedEvent> {

    private final Plan plan;
    private final MonoSink<List<DialogEvent>> response;
    private final Disposable.Composite waits = Disposables.composite();

    // Guarded by this: time passes on a thread of its own.
    private final List<DialogEvent> events = new ArrayList<>();
    private boolean hasNews;
    private boolean isCaughtUp;
    private boolean lingering;

    /**
     * @param isNews of anything but people
     * @param newsOfPeople whether the client is to hear of the people, as they are when it is subscribed to
     * @param patient whether to wait for news, where there is none
     * @param enough ends the wait
     */
    record Plan(int most, Predicate<DialogEvent> isNews, Mono<Boolean> newsOfPeople, boolean patient, Duration linger,
            Scheduler clock, Mono<Void> enough) {}

    private Gathering(Plan plan, MonoSink<List<DialogEvent>> response) {
        this.plan = plan;
        this.response = response;
    }

    /** What was gathered, perhaps nothing. Fails where the feed does. */
    static Mono<List<DialogEvent>> of(Function<Runnable, Flux<SharedEvent>> feed, Plan plan) {
        return Mono.create(response -> {
            Gathering gathering = new Gathering(plan, response);
            response.onDispose(gathering.waits);
            gathering.waits.add(gathering);
            gathering.waits.add(plan.enough().subscribe(null, response::error, gathering::finish));
            feed.apply(gathering::caughtUp).subscribe(gathering);
        });
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        subscription.request(plan.most());
    }

    @Override
    protected void hookOnNext(SharedEvent shared) {
        DialogEvent event = shared.event();
        boolean isNews = !(event instanceof OfPerson) && plan.isNews().test(event);
        boolean isLive;
        boolean isFull;
        synchronized (this) {
            events.add(event);
            hasNews |= isNews;
            isLive = isCaughtUp;
            isFull = events.size() == plan.most();
        }
        if (isFull) {
            finish();
        } else if (isLive && isNews) {
            linger();
        } else if (isLive && event instanceof OfPerson) {
            ifNewsOfPeople(this::linger);
        }
    }

    private void caughtUp() {
        boolean isEnough;
        synchronized (this) {
            isCaughtUp = true;
            isEnough = hasNews || !plan.patient();
        }
        if (isEnough) {
            finish();
        } else {
            ifNewsOfPeople(this::finish);
        }
    }

    private void ifNewsOfPeople(Runnable then) {
        waits.add(plan.newsOfPeople().subscribe(isNews -> {
            if (isNews) {
                then.run();
            }
        }, response::error));
    }

    private void linger() {
        synchronized (this) {
            if (lingering) {
                return;
            }
            lingering = true;
        }
        waits.add(plan.clock().schedule(this::finish, plan.linger().toMillis(), TimeUnit.MILLISECONDS));
    }

    private void finish() {
        cancel();
        response.success(gathered()); // the first time; later it does nothing
    }

    private synchronized List<DialogEvent> gathered() {
        return List.copyOf(events);
    }

    @Override
    protected void hookOnError(Throwable error) {
        response.error(error);
    }

    @Override
    protected void hookOnComplete() {
        finish();
    }
}
