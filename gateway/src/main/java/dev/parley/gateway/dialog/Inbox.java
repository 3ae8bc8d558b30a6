package dev.parley.gateway.dialog;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
    private final Flux<SharedEvent> updates;

    @Autowired
    Inbox(Dialogs dialogs) {
        this(dialogs, Schedulers.parallel());
    }

    Inbox(Dialogs dialogs, Scheduler clock) {
        this.dialogs = dialogs;
        this.updates = Flux.interval(GATHERING, clock)
                .onBackpressureDrop()
                .concatMap(tick -> read(), 1)
                .takeUntil(dialog -> changed.size() > MOST_CHANGES)
                .doOnTerminate(changed::clear)
                .map(dialog -> new SharedEvent(new DialogEvent.Updated(dialog)))
                .publish()
                .refCount();
    }

    /** A dialog is not as it was. Callable from any thread. */
    public void changed(long dialogId) {
        if (watchers.get() > 0) {
            changed.add(dialogId);
        }
    }

    /** Every change from now on. It ends where changes were lost: whoever still watches reads the list again. */
    public Flux<SharedEvent> watch() {
        return Flux.defer(() -> {
            watchers.incrementAndGet();
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
