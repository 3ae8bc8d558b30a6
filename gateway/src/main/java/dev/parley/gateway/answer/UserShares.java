package dev.parley.gateway.answer;

import java.util.Set;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * How many answers each user has open on all nodes together: a port, since of a gateway that is one node its queue counts
 * them. What it says is as good as what it knows: where it cannot tell, there is room.
 */
public interface UserShares {

    /** Of a gateway that is one node. */
    UserShares OF_ONE_NODE = new UserShares() {

        @Override
        public Mono<Boolean> take(String user, String requestId, int most, Open open) {
            return Mono.just(true);
        }

        @Override
        public void giveBack(String user, String requestId) {}
    };

    /** Which of some answers are open in truth. */
    interface Open extends Function<Set<String>, Mono<Set<String>>> {}

    /**
     * Counts this answer as one of the user's. False where the user has as many without it. Never fails, and takes less than
     * a second.
     *
     * @param open asked where the share seems to be used up by answers that somebody may have forgotten to give back
     */
    Mono<Boolean> take(String user, String requestId, int most, Open open);

    /** The answer is over, or was not asked for after all. Waits for nothing. */
    void giveBack(String user, String requestId);
}
