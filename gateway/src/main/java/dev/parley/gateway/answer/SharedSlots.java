package dev.parley.gateway.answer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * This node's part of the slots that all nodes share. It takes a slot when an answer waits for one, which costs one question
 * to the {@link SlotLedger}, and gives it back as soon as nothing here has use for it; so no slot is ever idle on one node
 * while an answer waits on another, and nobody has to be asked to let go of one. Where an answer ends and others wait here,
 * its slot is asked for anew, and goes to whoever has the best claim on any node.
 *
 * <p>One question is under way at a time, and meanwhile nothing starts but in slots that it said are used: so what runs is
 * never more than what the ledger has written down. Whoever is refused asks again when told that a slot is free, when more wait
 * here, and every quarter of a second in case nobody tells.
 *
 * <p>Users of all nodes take turns as if they stood in one line, within one turn: in 200 random runs of a user with 60 answers
 * on one node against others with one each on another, nobody saw more than one turn too many go by. A user who asks on several
 * nodes at once takes turns on each.
 *
 * <p>Where two questions in a row fail, or have no answer within a quarter of a second (after one: a pause of this process
 * looks the same), the node goes on with its share, {@link SlotLedger#share}, of the nodes that the database knew last, and
 * asks again every second.
 */
final class SharedSlots implements Slots {

    private static final Logger log = LoggerFactory.getLogger(SharedSlots.class);

    static final Duration PATIENCE = Duration.ofMillis(250);
    static final Duration PAUSE = Duration.ofSeconds(1);
    static final Duration RENEW_EVERY = Duration.ofSeconds(3);
    /** So much earlier a lease counts as over here: clocks do not go at quite the same pace. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private static final Duration BEAT = Duration.ofMillis(250);
    private static final int FAILURES = 2;

    private final AnswerQueue queue;
    private final SlotLedger ledger;
    private final long node;
    private final int most;
    private final LongSupplier liveNodes;
    private final Scheduler timer;
    private final Disposable.Composite work = Disposables.composite();
    private final Disposable.Swap leaving = Disposables.swap();

    private volatile Runnable changed = () -> {};
    private boolean open;
    private boolean asking;
    /** So many the ledger has written down as this node's. */
    private int written;
    /** Answers that got no slot though it was asked for them; they have places in the ledger. */
    private int refused;
    private int failures;
    private long number;
    private long askedAt;

    /**
     * @param most that all nodes together may use
     * @param liveNodes as the database knew last, this one among them; 0 where it could never be asked
     */
    SharedSlots(AnswerQueue queue, SlotLedger ledger, long node, int most, LongSupplier liveNodes, Scheduler timer) {
        this.queue = queue;
        this.ledger = ledger;
        this.node = node;
        this.most = most;
        this.liveNodes = liveNodes;
        this.timer = timer;
        queue.holdForGood(0); // until the ledger has given some
    }

    @Override
    public void open(Runnable whenChanged) {
        synchronized (this) {
            changed = whenChanged;
            open = true;
            askedAt = now() - RENEW_EVERY.toNanos();
        }
        ledger.onFree(this::freed);
        work.add(Flux.interval(Duration.ZERO, BEAT, timer).onBackpressureDrop().subscribe(beat -> beat()));
    }

    @Override
    public void check() {
        synchronized (this) {
            if (!open || asking || degraded() || !isWorthAsking()) {
                return;
            }
            asking = true;
        }
        ask();
    }

    /** Whether the ledger has to know, or may have something for us. */
    private boolean isWorthAsking() {
        SlotNeed need = queue.need();
        return need.running() != written || need.claims().size() > refused;
    }

    private void freed() {
        synchronized (this) {
            refused = 0;
        }
        check();
    }

    private void beat() {
        synchronized (this) {
            long since = now() - askedAt;
            Duration pause = degraded() ? PAUSE : refused > 0 ? BEAT : RENEW_EVERY;
            if (!open || asking || since < pause.toNanos()) {
                return;
            }
            asking = true;
        }
        ask();
    }

    private void ask() {
        SlotNeed need;
        SlotLedger.Claim claim;
        long at;
        synchronized (this) {
            // Who goes by its share goes on to do so while it asks, for it may well be in vain.
            need = degraded() ? queue.need() : queue.needAndLetGo();
            at = now();
            askedAt = at;
            claim = new SlotLedger.Claim(node, ++number, need.running(), most,
                    (int) Math.max(1, liveNodes.getAsLong()), need.claims());
        }
        see(Mono.defer(() -> ledger.settle(claim)).timeout(PATIENCE, timer).doOnNext(grant -> given(claim, grant, at))
                .doOnError(this::failed).then());
    }

    private void given(SlotLedger.Claim claim, SlotLedger.Grant grant, long at) {
        synchronized (this) {
            if (degraded()) {
                log.info("Answers run in the slots of all nodes together again");
            }
            asking = false;
            failures = 0;
            refused = Math.max(0, claim.used() + claim.waiting().size() - grant.slots());
            // By the time of the question, which is before the ledger's: here a lease ends first.
            queue.hold(claim.used(), grant, at, SlotLedger.LEASE.minus(MARGIN));
            written = grant.slots();
        }
        changed.run();
    }

    private void failed(Throwable error) {
        synchronized (this) {
            failures++;
            if (failures >= FAILURES) {
                asking = false;
                int nodes = (int) liveNodes.getAsLong();
                int share = nodes == 0 ? 1 : SlotLedger.share(most, nodes);
                queue.holdForGood(share);
                if (failures == FAILURES) {
                    log.warn(
                            "Answers run in this node's share of the slots, {} of {}, until the nodes can share them again: {}",
                            share, most, error.toString());
                }
            }
        }
        if (degraded()) {
            changed.run();
        } else {
            ask();
        }
    }

    @Override
    public synchronized boolean degraded() {
        return failures >= FAILURES;
    }

    /** What still runs is over soon; the others need not wait until this node's lease is. */
    @Override
    public void close() {
        synchronized (this) {
            open = false;
        }
        work.dispose();
        leaving.update(ledger.leave(node).timeout(PATIENCE, timer)
                .subscribe(left -> {}, error -> log.debug("This node's slots are free when its lease is over", error)));
    }

    private void see(Mono<Void> asked) {
        Disposable.Swap owner = Disposables.swap();
        work.add(owner);
        owner.update(asked.doFinally(signal -> work.remove(owner)).subscribe(done -> {}, error -> {}));
    }

    private long now() {
        return timer.now(TimeUnit.NANOSECONDS);
    }
}
