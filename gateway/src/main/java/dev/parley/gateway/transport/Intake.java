package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.SharedEvent;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** The way of one source's events into an outbox. After a cut the source gets a new one, so that nothing late slips in. */
final class Intake implements CoreSubscriber<SharedEvent> {

    private final Outbox outbox;
    private final Outbox.Source source;
    private volatile Subscription subscription = Operators.emptySubscription();
    private volatile boolean cancelled;

    /** Whether what comes is still wanted. Guarded by the outbox. */
    boolean current = true;

    Intake(Outbox outbox, Outbox.Source source) {
        this.outbox = outbox;
        this.source = source;
    }

    Outbox.Source source() {
        return source;
    }

    void start() {
        source.events().subscribe(this);
    }

    void cancel() {
        cancelled = true;
        subscription.cancel();
    }

    @Override
    public void onSubscribe(Subscription subscribed) {
        subscription = subscribed;
        if (cancelled) {
            subscribed.cancel();
        } else {
            subscribed.request(Long.MAX_VALUE); // the outbox bounds itself
        }
    }

    @Override
    public void onNext(SharedEvent event) {
        outbox.add(this, event);
    }

    @Override
    public void onError(Throwable error) {
        outbox.fail(this, error);
    }

    @Override
    public void onComplete() {
        // What is followed has ended, and the connection has not.
    }
}
