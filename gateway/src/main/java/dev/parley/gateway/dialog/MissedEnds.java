package dev.parley.gateway.dialog;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.util.retry.Retry;

/**
 * Looks up how answers of other nodes have ended whose end was not heard of, so that nobody waits for it for ever: an end has
 * no number by which it would be missed. Those that have not ended are let be.
 */
@Component
final class MissedEnds implements DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(MissedEnds.class);
    private static final Retry WHILE_DATABASE_IS_AWAY = Retry.backoff(20, Duration.ofMillis(250))
            .maxBackoff(Duration.ofSeconds(10));

    private final Rooms rooms;
    private final ObjectProvider<AnswerDesk> desk;
    private final Disposable.Composite looking = Disposables.composite();

    MissedEnds(Rooms rooms, ObjectProvider<AnswerDesk> desk) {
        this.rooms = rooms;
        this.desk = desk;
        rooms.whenEndsAreMissed(this::find);
    }

    /** Returns at once. */
    private void find(long dialogId, Collection<String> requestIds) {
        Disposable.Swap owner = Disposables.swap();
        looking.add(owner);
        owner.update(Flux.fromIterable(List.copyOf(requestIds))
                .concatMap(requestId -> desk.getObject().end(dialogId, requestId))
                .collectList()
                .retryWhen(WHILE_DATABASE_IS_AWAY)
                .doFinally(end -> looking.remove(owner))
                .subscribe(ends -> rooms.receive(dialogId, ends),
                        error -> log.warn("It is not known how answers of dialog {} have ended", dialogId, error)));
    }

    @Override
    public void destroy() {
        looking.dispose();
    }
}
