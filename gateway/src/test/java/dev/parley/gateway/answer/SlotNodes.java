package dev.parley.gateway.answer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.model.ModelKind;
import dev.parley.gateway.model.ModelName;
import dev.parley.gateway.model.Readiness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The queues of several nodes that share their slots, in virtual time, over a ledger that can be cut off from each. */
final class SlotNodes implements AutoCloseable {

    private static final ModelName MODEL = new ModelName(ModelKind.OLLAMA, "llama3.2");
    private static final int WAITING = 10_000;

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final SlotLedgerInMemory ledger = new SlotLedgerInMemory(clock);
    private final List<Node> nodes = new ArrayList<>();
    private final int most;
    private final Duration wayToLedger;
    private Consumer<AnswerTicket> onStart = ticket -> {};
    private long named;
    private int asked;

    SlotNodes(int count, int most, Duration wayToLedger) {
        this.most = most;
        this.wayToLedger = wayToLedger;
        for (int i = 0; i < count; i++) {
            nodes.add(new Node());
        }
        nodes.forEach(Node::open);
        advance(Duration.ofMillis(20));
    }

    final class Node {

        private enum Way {
            OPEN, CUT, MUTE
        }

        private final long id = ++named;
        private final SlotLedger shared = ledger.of(id);
        private final AnswerQueue queue = new AnswerQueue(
                new AnswerQueue.Limits(most, WAITING, WAITING, Duration.ofMinutes(1)), model -> Readiness.READY, clock);
        private final SharedSlots slots = new SharedSlots(queue, new Ledger(), id, most, nodes::size, clock);
        private final Map<String, AnswerTicket> waiting = new LinkedHashMap<>();
        private final Map<String, AnswerTicket> running = new LinkedHashMap<>();
        private Way way = Way.OPEN;
        private boolean losesNext;
        private boolean lostLast;
        private boolean isDead;
        private int startedBeyond;

        private final class Ledger implements SlotLedger {

            @Override
            public Mono<Grant> settle(Claim claim) {
                return Mono.defer(() -> switch (way) {
                    case CUT -> Mono.error(new IllegalStateException("cut off"));
                    case MUTE -> Mono.never();
                    case OPEN -> Mono.delay(wayToLedger.dividedBy(2), clock)
                            .then(shared.settle(claim))
                            .delayElement(wayToLedger.dividedBy(2), clock)
                            .filter(grant -> !losesNow())
                            .switchIfEmpty(Mono.never());
                });
            }

            @Override
            public Mono<Void> leave(long node) {
                return isDead ? Mono.empty() : shared.leave(node);
            }

            @Override
            public void onFree(Runnable task) {
                shared.onFree(task);
            }
        }

        private boolean losesNow() {
            boolean loses = losesNext && !lostLast; // two in a row would be an outage
            losesNext = losesNext && !loses;
            lostLast = loses;
            return loses;
        }

        private void open() {
            slots.open(this::startWhatMay);
        }

        SharedSlots slots() {
            return slots;
        }

        String ask(String user, AnswerClass answerClass) {
            String id = "request" + asked++;
            assertThat(queue.promise(id, user, MODEL, null)).isEmpty();
            AnswerTicket ticket = new AnswerTicket(id, asked, 1, 0, MODEL, user, answerClass, Instant.EPOCH);
            queue.add(ticket);
            queue.release(id);
            waiting.put(id, ticket);
            startWhatMay();
            return id;
        }

        private void startWhatMay() {
            for (Optional<AnswerQueue.Start> next = queue.next(); next.isPresent(); next = queue.next()) {
                AnswerTicket ticket = next.get().ticket();
                assertThat(waiting.remove(ticket.requestId())).isNotNull();
                running.put(ticket.requestId(), ticket);
                int may = slots.degraded() ? SlotLedger.share(most, nodes.size()) : Integer.MAX_VALUE;
                startedBeyond += running.size() > may ? 1 : 0;
                onStart.accept(ticket);
            }
            slots.check();
        }

        /** What a node that goes by its share has started beyond that. */
        int startedBeyond() {
            return startedBeyond;
        }

        void end(int which) {
            nth(running, which).ifPresent(ticket -> {
                running.remove(ticket.requestId());
                queue.ended(ticket.requestId());
                startWhatMay();
            });
        }

        void cancel(int which) {
            nth(waiting, which).ifPresent(ticket -> {
                waiting.remove(ticket.requestId());
                assertThat(queue.remove(ticket.requestId(), ticket.dialogId())).isPresent();
            });
        }

        int running() {
            return running.size();
        }

        int waiting() {
            return waiting.size();
        }

        void loseNext() {
            losesNext = true;
        }

        void cut() {
            way = Way.CUT;
        }

        void mute() {
            way = Way.MUTE;
        }

        void heal() {
            way = Way.OPEN;
        }
    }

    private static Optional<AnswerTicket> nth(Map<String, AnswerTicket> all, int which) {
        return all.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(all.values()).get(which % all.size()));
    }

    Node node(int number) {
        return nodes.get(number);
    }

    List<Node> all() {
        return nodes;
    }

    void onStart(Consumer<AnswerTicket> task) {
        onStart = task;
    }

    void advance(Duration time) {
        clock.advanceTimeBy(time);
    }

    void forgetAll() {
        ledger.forgetAll();
    }

    int heldByLedger(Node node) {
        return ledger.held(node.id);
    }

    int running() {
        return nodes.stream().mapToInt(Node::running).sum();
    }

    /** All that wait or run. */
    int open() {
        return running() + nodes.stream().mapToInt(Node::waiting).sum();
    }

    /** What it ran is over with it, its slots are not given back, and another node comes in its place. */
    void die(int number) {
        Node dead = nodes.get(number);
        dead.isDead = true;
        dead.slots.close();
        Node next = new Node();
        nodes.set(number, next);
        next.open();
    }

    /** Everybody asks. */
    void fill() {
        for (Node node : nodes) {
            for (int i = 0; i < most; i++) {
                node.ask("late" + i, AnswerClass.INTERACTIVE);
            }
        }
        advance(Duration.ofSeconds(20));
    }

    /** Ends what runs until nothing waits any more. */
    void letAllEnd(Runnable check) {
        // So long a dead node's slots may be missing.
        advance(SlotLedger.LEASE.plus(SharedSlots.RENEW_EVERY));
        int left = open();
        while (left > 0) {
            check.run();
            nodes.forEach(node -> {
                while (node.running() > 0) {
                    node.end(0);
                }
            });
            advance(Duration.ofSeconds(2));
            assertThat(open()).as("somebody gets on").isLessThan(left);
            left = open();
        }
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.slots.close());
        clock.dispose();
    }
}
