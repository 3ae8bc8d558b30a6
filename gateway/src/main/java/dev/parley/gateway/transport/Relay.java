package dev.parley.gateway.transport;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Two works, one after the other: the second begins with what the first found out. As {@code flatMap}, but it lets go of the
 * first one, and of all that it holds, before the second begins. That counts where thousands wait in their second work.
 *
 * <p>What the first one found is dropped where it is cancelled in that moment, so it must not be something that has to be
 * given back: let the second one take such things.
 */
final class Relay<T, R> extends Mono<R> {

    private final Mono<T> first;
    private final Function<? super T, Mono<R>> second;

    private Relay(Mono<T> first, Function<? super T, Mono<R>> second) {
        this.first = first;
        this.second = second;
    }

    /** Ends with the second, or with the first one where that fails or finds nothing. Begins when it is asked for a value. */
    static <T, R> Mono<R> of(Mono<T> first, Function<? super T, Mono<R>> second) {
        return new Relay<>(first, second);
    }

    @Override
    public void subscribe(CoreSubscriber<? super R> client) {
        client.onSubscribe(new Baton<>(client, first, second));
    }

    /** Listens to both, one after the other. */
    private static final class Baton<T, R> implements CoreSubscriber<Object>, Subscription {

        @SuppressWarnings("rawtypes")
        private static final AtomicReferenceFieldUpdater<Baton, Subscription> CURRENT = AtomicReferenceFieldUpdater
                .newUpdater(Baton.class, Subscription.class, "current");

        private final CoreSubscriber<? super R> client;
        private @Nullable Mono<?> first; // until it is begun; guarded by this
        private @Nullable Function<? super T, Mono<R>> second;
        private @Nullable T found;
        private volatile Subscription current = Operators.emptySubscription();

        Baton(CoreSubscriber<? super R> client, Mono<T> first, Function<? super T, Mono<R>> second) {
            this.client = client;
            this.first = first;
            this.second = second;
        }

        @Override
        public Context currentContext() {
            return client.currentContext();
        }

        @Override
        public void request(long n) {
            Mono<?> work;
            synchronized (this) {
                work = first;
                first = null;
            }
            if (work != null) {
                work.subscribe(this);
            }
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            Subscription before = current;
            if (before == Operators.cancelledSubscription() || !CURRENT.compareAndSet(this, before, subscription)) {
                subscription.cancel();
            } else {
                subscription.request(Long.MAX_VALUE);
            }
        }

        @Override
        @SuppressWarnings("unchecked") // the first one's values come while there is a second one to begin
        public void onNext(Object value) {
            if (second == null) {
                client.onNext((R) value);
            } else {
                found = (T) value;
            }
        }

        @Override
        public void onComplete() {
            Function<? super T, Mono<R>> next = second;
            T value = found;
            if (next == null || value == null) {
                client.onComplete();
                return;
            }
            second = null;
            found = null;
            if (current != Operators.cancelledSubscription()) {
                begin(next, value);
            }
        }

        private void begin(Function<? super T, Mono<R>> next, T value) {
            Mono<R> work;
            try {
                work = next.apply(value);
            } catch (RuntimeException failure) {
                client.onError(failure);
                return;
            }
            work.subscribe(this);
        }

        @Override
        public void onError(Throwable failure) {
            client.onError(failure);
        }

        @Override
        public void cancel() {
            CURRENT.getAndSet(this, Operators.cancelledSubscription()).cancel();
        }
    }
}
