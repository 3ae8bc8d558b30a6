package dev.parley.gateway.dialog;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What changes in all dialogs of visitors, for those who watch over many. What changed is gathered for half a second and then
 * read once for all who watch, so a busy dialog is told of twice a second and not for every message.
 *
 * <p>Whoever begins to watch, or begins anew because the stream ended, reads the list of dialogs afterwards: from then on
 * every change comes as {@link DialogEvent.Updated}.
 *
 * <p>Where there are other nodes, each tells the others what changes there ({@link OtherInboxes}).
 */
@Component
public final class Inbox {

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);
    private static final Duration GATHERING = Duration.ofMillis(500);

    /** More have changed at once than anybody would look at: who watches begins anew. */
    private static final int MOST_CHANGES = 10_000;
    private static final int READ_AT_ONCE = 500;

    private final Dialogs dialogs;
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();
    private final AtomicInteger watchers = new AtomicInteger();
    private final AtomicBoolean lost = new AtomicBoolean();
    private final OtherInboxes others;
    private final Flux<SharedEvent> updates;

    @Autowired
    Inbox(Dialogs dialogs, ObjectProvider<OtherInboxes> others) {
        this(dialogs, others.getIfAvailable(() -> OtherInboxes.NONE), Schedulers.parallel());
    }

    Inbox(Dialogs dialogs, OtherInboxes others, Scheduler clock) {
        this.dialogs = dialogs;
        this.others = others;
        this.updates = Flux.interval(GATHERING, clock)
                .onBackpressureDrop()
                .takeWhile(tick -> !lost.getAndSet(false))
                .concatMap(tick -> read(), 1)
                .takeUntil(dialog -> changed.size() > MOST_CHANGES)
                .doOnTerminate(changed::clear)
                .map(dialog -> new SharedEvent(new DialogEvent.Updated(dialog)))
                .publish()
                .refCount();
    }

    /** A dialog was changed on this node. Callable from any thread. */
    public void changed(long dialogId) {
        changedAnywhere(dialogId);
        others.changed(dialogId);
    }

    /** A dialog is not as it was, as the other nodes know already. Callable from any thread. */
    public void changedAnywhere(long dialogId) {
        if (watchers.get() > 0) {
            changed.add(dialogId);
        }
    }

    /** What has changed on other nodes is not known: whoever watches begins anew. Callable from any thread. */
    public void lost() {
        lost.set(true);
    }

    /** Every change from now on. It ends where changes were lost: whoever still watches reads the list again. */
    public Flux<SharedEvent> watch() {
        return Flux.defer(() -> {
            if (watchers.getAndIncrement() == 0) {
                lost.set(false); // whoever begins now reads the list, and needs nothing from before
            }
            return updates.doFinally(end -> watchers.decrementAndGet());
        });
    }

    private Flux<Dialog> read() {
        List<Long> ids = changed.stream().limit(READ_AT_ONCE).toList();
        if (ids.isEmpty()) {
            return Flux.empty();
        }
        ids.forEach(changed::remove);
        return dialogs.all(ids).onErrorResume(error -> {
            log.warn("{} dialogs that have changed could not be read, and are tried again: {}", ids.size(),
                    error.getMessage());
            changed.addAll(ids);
            return Mono.empty();
        }).flatMapIterable(found -> found);
    }
}
