package dev.parley.gateway.cluster;

import dev.parley.gateway.dialog.Inbox;
import dev.parley.gateway.dialog.OtherInboxes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Inboxes across nodes, both sides. Which dialogs have changed is gathered for a quarter of a second and told to all nodes at
 * once, as ids: what has become of them those read themselves on whom somebody watches. What could not be told is told when
 * Redis is back; what may not have been heard, or is too much, lets those who watch begin anew.
 */
@ManyNodes
@Component
final class InboxOverRedis implements OtherInboxes, InitializingBean, DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(InboxOverRedis.class);

    private static final String CHANGED = "changed";
    private static final Duration GATHERING = Duration.ofMillis(250);
    /** More have changed than are told of one by one. */
    static final int MOST = 10_000;

    private final NodeCalls calls;
    private final ObjectProvider<Inbox> inbox;
    private final Scheduler clock;
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean tooMany = new AtomicBoolean();
    private Disposable telling = Disposables.disposed();

    @Autowired
    InboxOverRedis(NodeCalls calls, ObjectProvider<Inbox> inbox) {
        this(calls, inbox, Schedulers.parallel());
    }

    InboxOverRedis(NodeCalls calls, ObjectProvider<Inbox> inbox, Scheduler clock) {
        this.calls = calls;
        this.inbox = inbox;
        this.clock = clock;
    }

    /** @param tooMany more than these, and it is not said which */
    private record Changes(List<Long> ids, boolean tooMany) {}

    @Override
    public void afterPropertiesSet() {
        calls.serve(CHANGED, Changes.class, changes -> Mono.fromRunnable(() -> hear(changes)));
        calls.whenLost(() -> inbox.getObject().lost());
        telling = Flux.interval(GATHERING, clock).onBackpressureDrop().concatMap(tick -> tell(), 1).subscribe();
    }

    @Override
    public void changed(long dialogId) {
        if (changed.size() < MOST) {
            changed.add(dialogId);
        } else {
            tooMany.set(true);
        }
    }

    private Mono<Void> tell() {
        List<Long> ids = List.copyOf(changed);
        boolean more = tooMany.getAndSet(false);
        if (ids.isEmpty() && !more) {
            return Mono.empty();
        }
        ids.forEach(changed::remove); // before it is told: what changes from now on is told again
        return calls.tellAll(CHANGED, new Changes(more ? List.of() : ids, more)).onErrorResume(error -> {
            log.debug("{} dialogs that have changed are told of later", ids.size(), error);
            ids.forEach(this::changed);
            if (more) {
                tooMany.set(true);
            }
            return Mono.empty();
        });
    }

    private void hear(Changes changes) {
        Inbox mine = inbox.getObject();
        if (changes.tooMany()) {
            mine.lost();
        } else {
            changes.ids().forEach(mine::changedAnywhere);
        }
    }

    @Override
    public void destroy() {
        telling.dispose();
    }
}
