package dev.parley.gateway.answer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** A ledger for nodes that are all in one test. */
final class SlotLedgerInMemory {

    private final Scheduler clock;
    private final Map<Long, Entry> entries = new HashMap<>();
    private final Map<Long, Runnable> listeners = new HashMap<>();

    SlotLedgerInMemory(Scheduler clock) {
        this.clock = clock;
    }

    private record Entry(long number, int held, long until, long place, List<Long> waiting) {}

    private record Waiter(long since, long node) {}

    /** As this node sees it. */
    SlotLedger of(long node) {
        return new SlotLedger() {
            @Override
            public Mono<Grant> settle(Claim claim) {
                return Mono.fromSupplier(() -> settleNow(claim)).doOnNext(grant -> next().ifPresent(Runnable::run));
            }

            @Override
            public Mono<Void> leave(long who) {
                return Mono.fromRunnable(() -> forget(who));
            }

            @Override
            public void onFree(Runnable task) {
                synchronized (SlotLedgerInMemory.this) {
                    listeners.put(node, task);
                }
            }
        };
    }

    private Optional<Runnable> tell = Optional.empty();

    private synchronized Optional<Runnable> next() {
        Optional<Runnable> found = tell;
        tell = Optional.empty();
        return found;
    }

    synchronized void forget(long node) {
        entries.remove(node);
    }

    synchronized void forgetAll() {
        entries.clear();
    }

    /** What the node has by the ledger. */
    synchronized int held(long node) {
        Entry entry = entries.get(node);
        return entry == null || entry.until <= now() ? 0 : entry.held;
    }

    private synchronized SlotLedger.Grant settleNow(SlotLedger.Claim claim) {
        long now = now();
        entries.values().removeIf(entry -> entry.until <= now);
        Entry own = entries.get(claim.node());
        if (own != null && own.number >= claim.number()) {
            return new SlotLedger.Grant(own.held, 0);
        }
        entries.remove(claim.node());
        Comparator<Waiter> order = Comparator.comparingLong(Waiter::since).thenComparingLong(Waiter::node);
        List<Waiter> waiting = new ArrayList<>();
        entries.forEach((node, entry) -> {
            if (entry.place > now) {
                entry.waiting.forEach(since -> waiting.add(new Waiter(since, node)));
            }
        });
        int share = SlotLedger.share(claim.most(), claim.live());
        int unseen = Math.max(0, claim.live() - entries.size() - 1) * share;
        int held = entries.values().stream().mapToInt(Entry::held).sum();
        int free = Math.max(0, Math.max(claim.most() - unseen, share) - held - claim.used());
        List<Long> mine = claim.waiting().stream().map(age -> now - age).toList();
        int given = 0;
        while (given < mine.size()) {
            Waiter next = new Waiter(mine.get(given), claim.node());
            long before = waiting.stream().filter(other -> order.compare(other, next) < 0).count();
            if (given + 1 + before > free) {
                break;
            }
            given++;
        }
        entries.put(claim.node(), new Entry(claim.number(), claim.used() + given, now + SlotLedger.LEASE.toMillis(),
                now + SlotLedger.KEEPS_PLACE.toMillis(), List.copyOf(mine.subList(given, mine.size()))));
        if (free > given) {
            tell = waiting.stream().min(order).map(Waiter::node).map(listeners::get);
        }
        return new SlotLedger.Grant(claim.used() + given, Math.max(0, free - given - waiting.size()));
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }
}
