package dev.parley.gateway.dialog;

import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * Carries what is told in the rooms of this node to the rooms of other nodes, and back: a port, since one node needs none.
 *
 * <p>It may lose, delay and reorder what it carries, and where it cannot carry it says so only in its metrics; what is
 * missed is found in the log ({@link MissedMessages}). No call waits, and each may come from any thread.
 */
public interface EventBus {

    /** Of a gateway that is one node. */
    EventBus NONE = new EventBus() {

        @Override
        public void listen(Listener listener) {}

        @Override
        public Mono<List<Message>> follow(long dialogId) {
            return Mono.just(List.of());
        }

        @Override
        public void unfollow(long dialogId) {}

        @Override
        public void publish(long dialogId, List<? extends DialogEvent> events) {}

        @Override
        public void ask(long dialogId) {}

        @Override
        public void remember(long dialogId, List<Message> newest) {}

        @Override
        public boolean isWhole() {
            return true;
        }
    };

    /** Whom it tells of what comes from other nodes; on threads of its own, so no call may wait. */
    interface Listener {

        /** Another node's news of a dialog, in the order in which it told them. */
        void told(long node, long dialogId, List<DialogEvent> events);

        /** Another node has to learn of the dialog's answers that run here. */
        void asked(long dialogId, Consumer<List<DialogEvent.OfAnswer>> answer);

        /** Dialog's answers that run on another node, as it was asked for. */
        void answered(long dialogId, List<DialogEvent.OfAnswer> inFlight);

        /** Something was lost, or may have been, of this dialog. */
        void lost(long dialogId);

        /** As {@link #lost}, of all that are followed. */
        void lostAll();
    }

    /** To be called once, before all else. */
    void listen(Listener listener);

    /**
     * Follows the dialog from now on, until {@link #unfollow}, whether or not somebody waits for the result.
     *
     * @return completes when everything that other nodes tell is heard here, or when it took too long to wait for that: with
     *         the dialog's newest messages as the nodes remember them, oldest first and without a hole; never fails
     */
    Mono<List<Message>> follow(long dialogId);

    void unfollow(long dialogId);

    /** Tells the other nodes, in this order and with nothing in between. */
    void publish(long dialogId, List<? extends DialogEvent> events);

    /** Asks the other nodes for the dialog's answers that run there. */
    void ask(long dialogId);

    /** What was read from the log: the dialog's newest messages, oldest first and without a hole, for other nodes to find. */
    void remember(long dialogId, List<Message> newest);

    /** Whether it carries everything, as far as is known. */
    boolean isWhole();
}
