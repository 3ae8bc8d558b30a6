package dev.parley.gateway.dialog;

import java.util.List;
import java.util.Set;
import reactor.core.publisher.Mono;

/** The answers of a dialog that run on other nodes, while its turn changes here: a port, since one node needs none. */
public interface OtherDesks {

    /** Of a gateway that is one node. */
    OtherDesks NONE = (dialogId, nodes) -> Mono.just(Held.NOTHING);

    /**
     * Makes the dialog's answers on those nodes hold their breath, as {@link AnswerDesk#hold} does on this one. Takes a second
     * at most and does not fail: a node that does not reply is left out, and what its answers have said is not known.
     */
    Mono<Held> hold(long dialogId, Set<Long> nodes);

    /** Answers that hold their breath. Where nobody releases them they do so by themselves after some seconds. */
    interface Held {

        Held NOTHING = new Held() {
            @Override
            public List<AnswerDesk.PartialAnswer> texts() {
                return List.of();
            }

            @Override
            public void release() {}
        };

        /** What each of them has said so far; those that said nothing are left out. */
        List<AnswerDesk.PartialAnswer> texts();

        /** The transaction is over: those nodes look what has become of the turn, and their answers stop or go on. */
        void release();
    }
}
