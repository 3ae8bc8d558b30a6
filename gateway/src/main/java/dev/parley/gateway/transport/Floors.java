package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.Append;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The dialogs in which an operator has the floor, as one connection knows it: the operator has spoken there, and in which turn.
 * As long as that turn holds, no message of the operator has to take the dialog over first, so none has to wait for the one
 * before: each is taken in that turn only. Once the turn has ended it has ended for all that are under way. Then they are
 * appended anew, each when the one before is done, and the first of them takes the dialog over. So the order holds, whoever
 * gives the dialog back, and when.
 */
final class Floors {

    /** More dialogs than one socket follows. What is forgotten is learnt again with the next message. */
    private static final int MOST = 1000;

    private final Map<Long, Long> turns = new ConcurrentHashMap<>(2);

    /** Touched where messages are handed to the log, one after the other. */
    private Mono<Void> before = Mono.empty();

    /** One dialog in which the operator had the floor when it was asked for. */
    final class Floor {

        private final long dialogId;
        private final long turn;

        private Floor(long dialogId, long turn) {
            this.dialogId = dialogId;
            this.turn = turn;
        }

        /** In which its messages are taken. */
        long turn() {
            return turn;
        }

        /**
         * Appends a message; subscribed to in the order of the messages.
         *
         * @param inTurn takes it in this turn only
         * @param inAny takes it as if nothing were known of the dialog
         */
        Mono<Append> append(Mono<Append> inTurn, Mono<Append> inAny) {
            return Mono.defer(() -> {
                Mono<Void> allBefore = before;
                Sinks.Empty<Void> done = Sinks.empty();
                before = done.asMono();
                return inTurn.flatMap(outcome -> {
                    if (outcome != Append.Refused.TURN_ENDED) {
                        return Mono.just(outcome);
                    }
                    turns.remove(dialogId, turn);
                    return allBefore.then(inAny);
                }).doFinally(end -> done.tryEmitEmpty());
            });
        }
    }

    /** Absent where a message may have to take the dialog over. */
    @Nullable
    Floor in(long dialogId) {
        Long turn = turns.get(dialogId);
        return turn == null ? null : new Floor(dialogId, turn);
    }

    /** The operator has spoken, and nothing else that it said is under way. */
    void take(DialogCommands.Posted posted) {
        if (posted.repeated()) {
            return; // it says in which turn it was stored then
        }
        if (turns.size() >= MOST) {
            turns.clear();
        }
        turns.put(posted.message().dialogId(), posted.message().turn());
    }
}
