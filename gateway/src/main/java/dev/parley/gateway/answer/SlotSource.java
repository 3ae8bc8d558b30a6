package dev.parley.gateway.answer;

import dev.parley.gateway.database.OtherNodes;
import dev.parley.gateway.database.ThisNode;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Makes the slots of this node: all its own, or its part of those that nodes share. */
@Component
final class SlotSource implements DisposableBean {

    private static final Duration COUNT_EVERY = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Optional<SlotLedger> ledger;
    private final OtherNodes others;
    private final long node;
    private final int most;
    private final MeterRegistry meters;
    /** As the database said last; 0 where it has not yet. */
    private final AtomicLong liveNodes = new AtomicLong();
    private final Disposable.Swap counting = Disposables.swap();

    SlotSource(ObjectProvider<SlotLedger> ledger, OtherNodes others, ThisNode node, AnswerSettings settings,
            MeterRegistry meters) {
        this.ledger = Optional.ofNullable(ledger.getIfAvailable());
        this.others = others;
        this.node = node.id();
        this.most = settings.mostAtOnce();
        this.meters = meters;
    }

    /** Those of the queue, from now on. To be called once. */
    Slots of(AnswerQueue queue) {
        Slots slots = ledger.<Slots>map(shared -> {
            countNodes();
            return new SharedSlots(queue, shared, node, most, liveNodes::get, Schedulers.parallel());
        }).orElse(Slots.OWN);
        Gauge.builder("parley.answers.slots", queue, AnswerQueue::held)
                .description("Slots for answers that this node holds")
                .register(meters);
        Gauge.builder("parley.answers.degraded", slots, each -> each.degraded() ? 1 : 0)
                .description("Whether this node goes by its share of the slots, since the nodes cannot share them")
                .register(meters);
        return slots;
    }

    private void countNodes() {
        counting.update(Flux.interval(Duration.ZERO, COUNT_EVERY, Schedulers.parallel())
                .onBackpressureDrop()
                .concatMap(tick -> others.live().timeout(PATIENCE).onErrorResume(unknown -> Mono.empty()), 1)
                .subscribe(count -> liveNodes.set(Math.max(1, count))));
    }

    @Override
    public void destroy() {
        counting.dispose();
    }
}
