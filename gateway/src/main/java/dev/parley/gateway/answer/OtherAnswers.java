package dev.parley.gateway.answer;

import dev.parley.gateway.problem.Problem;
import java.util.List;
import reactor.core.publisher.Mono;

/** The answers of other nodes, for those who ask about them on this one: a port, since one node needs none. */
public interface OtherAnswers {

    /** Of a gateway that is one node. */
    OtherAnswers NONE = new OtherAnswers() {

        @Override
        public Mono<Boolean> cancel(long node, long dialogId, String requestId) {
            return Mono.just(false);
        }

        @Override
        public Mono<List<OpenAnswer>> open() {
            return Mono.just(List.of());
        }

        @Override
        public Mono<Void> leave() {
            return Mono.empty();
        }
    };

    /**
     * Cancels an answer that waits or runs on that node. Returns whether there was one; fails with
     * {@link Problem#UNAVAILABLE} where the node does not reply.
     */
    Mono<Boolean> cancel(long node, long dialogId, String requestId);

    /** All that wait or run on other nodes, as far as those reply within a second. */
    Mono<List<OpenAnswer>> open();

    /**
     * Tells all other nodes that this one lives no longer, so that they take up what it has left open at once. Whoever does not
     * hear it finds that within seconds.
     */
    Mono<Void> leave();
}
