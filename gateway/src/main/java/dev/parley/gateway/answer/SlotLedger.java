package dev.parley.gateway.answer;

import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Who of the nodes holds how many of the slots in which answers run: a port, since a gateway that is one node needs none. A
 * node says what it uses and what it would use, and is told what it has; so each call puts right whatever earlier calls have
 * done or failed to do.
 *
 * <p>What a node has is its own for {@link #LEASE} by the clock of whoever keeps the ledger, and goes back when the node is
 * not heard of any more. A call may fail, and what it asked for may have been done all the same. All may be forgotten at any
 * time: then nodes say again what they use.
 */
public interface SlotLedger {

    /** So long a node has what it was given, from each call on. */
    Duration LEASE = Duration.ofSeconds(10);

    /** So long those of a node who wait keep their places, from each call on. */
    Duration KEEPS_PLACE = Duration.ofSeconds(1);

    /**
     * What a node says.
     *
     * @param number of the node's calls, ever larger: one that comes after a later one changes nothing
     * @param used slots in which answers run; they count, whether or not there are so many
     * @param most that all nodes together may have
     * @param live nodes that the database knows to live; those that do not speak here use their share unseen, which nobody
     *        else is given
     * @param waiting how good a claim each has that would start if it could, in milliseconds of waiting, the best one first
     */
    record Claim(long node, long number, int used, int most, int live, List<Long> waiting) {

        public Claim {
            waiting = List.copyOf(waiting);
        }
    }

    /**
     * What a node is told.
     *
     * @param slots that it may use from now on, with those that it does
     * @param free that nobody uses or waits for
     */
    record Grant(int slots, int free) {}

    /**
     * Gives back what the node does not use, and takes what is free for those of its answers that nobody else comes before. Done
     * when it is subscribed to, in one step.
     */
    Mono<Grant> settle(Claim claim);

    /** The node uses nothing any more. */
    Mono<Void> leave(long node);

    /** Has the task run when a slot may be free for this node, which waits for one; perhaps, and on any thread. */
    void onFree(Runnable task);

    /** What each node has for sure, so that it may use it while the ledger cannot be asked. */
    static int share(int most, int nodes) {
        return Math.max(1, most / Math.max(1, nodes));
    }
}
