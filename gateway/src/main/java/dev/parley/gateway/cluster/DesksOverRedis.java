package dev.parley.gateway.cluster;

import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.AnswerDesk;
import dev.parley.gateway.dialog.AnswerDesk.PartialAnswer;
import dev.parley.gateway.dialog.Dialogs;
import dev.parley.gateway.dialog.OtherDesks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * Takeovers across nodes, both sides: asks other nodes to have a dialog's answers hold their breath, and does so when asked.
 *
 * <p>Answers that hold their breath go on, or stop, by what the database says of the turn: when the other node says that its
 * transaction is over, and after seven seconds where it does not. A transaction that takes even longer is waited for by the lock
 * that it has.
 */
@ManyNodes
@Component
final class DesksOverRedis implements OtherDesks, InitializingBean, DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(DesksOverRedis.class);

    private static final String HOLD = "hold";
    private static final String RELEASE = "release";
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration LONGEST_HOLD = Duration.ofSeconds(7);
    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(2));

    private final NodeCalls calls;
    private final ObjectProvider<AnswerDesk> desk;
    private final Dialogs dialogs;
    private final long node;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Key, Sinks.Empty<Void>> held = new ConcurrentHashMap<>();
    private final Disposable.Composite working = Disposables.composite();

    DesksOverRedis(NodeCalls calls, ObjectProvider<AnswerDesk> desk, Dialogs dialogs, ThisNode node) {
        this.calls = calls;
        this.desk = desk;
        this.dialogs = dialogs;
        this.node = node.id();
    }

    /** One hold: whose it is, and its number there. */
    private record Key(long by, long number) {}

    private record Wish(Key key, long dialogId) {}

    private record Said(List<PartialAnswer> texts) {}

    @Override
    public void afterPropertiesSet() {
        calls.serve(HOLD, Wish.class, this::holdHere);
        calls.serve(RELEASE, Key.class, this::releaseHere);
    }

    @Override
    public Mono<Held> hold(long dialogId, Set<Long> nodes) {
        return Mono.defer(() -> {
            Key key = new Key(node, numbers.incrementAndGet());
            return Flux.fromIterable(nodes)
                    .flatMap(other -> calls.ask(other, HOLD, new Wish(key, dialogId), Said.class, PATIENCE)
                            .onErrorResume(error -> {
                                log.warn(
                                        "Dialog {} changes hands while a node that answers there cannot be reached: {}",
                                        dialogId, error.toString());
                                return Mono.empty();
                            }), Math.max(1, nodes.size()))
                    .flatMapIterable(Said::texts)
                    .collectList()
                    .map(texts -> new HeldElsewhere(key, nodes, texts));
        });
    }

    private final class HeldElsewhere implements Held {

        private final Key key;
        private final Set<Long> nodes;
        private final List<PartialAnswer> texts;

        HeldElsewhere(Key key, Set<Long> nodes, List<PartialAnswer> texts) {
            this.key = key;
            this.nodes = nodes;
            this.texts = texts;
        }

        @Override
        public List<PartialAnswer> texts() {
            return texts;
        }

        @Override
        public void release() {
            Disposable.Swap owner = Disposables.swap();
            working.add(owner);
            owner.update(Flux.fromIterable(nodes)
                    .flatMap(other -> calls.tell(other, RELEASE, key).onErrorComplete())
                    .doFinally(end -> working.remove(owner))
                    .subscribe());
        }
    }

    private Mono<Said> holdHere(Wish wish) {
        return Mono.fromSupplier(() -> {
            AnswerDesk.Hold hold = desk.getObject().hold(wish.dialogId());
            Sinks.Empty<Void> released = Sinks.empty();
            held.put(wish.key(), released);
            Disposable.Swap owner = Disposables.swap();
            working.add(owner);
            owner.update(released.asMono()
                    .timeout(LONGEST_HOLD)
                    .onErrorComplete(TimeoutException.class)
                    .then(goOn(wish.dialogId(), hold))
                    .doFinally(end -> {
                        held.remove(wish.key());
                        working.remove(owner);
                    })
                    .subscribe());
            return new Said(hold.texts());
        });
    }

    private Mono<Void> releaseHere(Key key) {
        return Mono.fromRunnable(() -> {
            Sinks.Empty<Void> released = held.get(key);
            if (released != null) {
                released.tryEmitEmpty(); // told twice: fails to emit, and needs not
            }
        });
    }

    /** Answers of the turn that holds go on, and those from before it stop: when the other node's transaction is over. */
    private Mono<Void> goOn(long dialogId, AnswerDesk.Hold hold) {
        return dialogs.standing(dialogId)
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .doOnNext(standing -> hold.end(standing.turn()))
                .then();
    }

    @Override
    public void destroy() {
        working.dispose();
    }
}
