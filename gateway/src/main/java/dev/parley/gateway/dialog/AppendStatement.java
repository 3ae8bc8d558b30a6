package dev.parley.gateway.dialog;

import dev.parley.gateway.database.ThisNode;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * How users, operators and assistants get into the log: one statement and one commit for any number of messages, so a batch
 * costs one round trip whatever its size. Most batches of a quiet system have one message, which has a statement of its own.
 */
@Component
final class AppendStatement {

    private final ConnectionFactory connections;
    private final long node;

    AppendStatement(ConnectionFactory connections, ThisNode node) {
        this.connections = connections;
        this.node = node.id();
    }

    /** Stores what may be stored, all of it or (on an error) nothing, and says what became of each, in the same order. */
    Mono<List<Append>> execute(List<NewMessage> batch) {
        return Mono.usingWhen(connections.create(), connection -> execute(connection, batch), Connection::close);
    }

    private Mono<List<Append>> execute(Connection connection, List<NewMessage> batch) {
        if (batch.size() == 1) {
            return AppendOne.execute(connection, batch.getFirst(), node)
                    .<List<Append>>map(List::of)
                    .switchIfEmpty(Mono.defer(() -> AppendMany.execute(connection, batch, node)));
        }
        Distinct distinct = Distinct.of(batch);
        return AppendPlain.execute(connection, distinct.messages(), node)
                .switchIfEmpty(Mono.defer(() -> AppendMany.execute(connection, distinct.messages(), node)))
                .map(distinct::outcomesOfAll);
    }

    /**
     * A batch without the repeats within it, which no statement could find in a table.
     *
     * @param places of every message of the whole batch, where it (or what it repeats) stands among the distinct ones
     */
    private record Distinct(List<NewMessage> messages, List<Integer> places) {

        private record Name(long dialogId, Sender sender, String senderId, String clientMsgId) {}

        static Distinct of(List<NewMessage> batch) {
            Map<Name, Integer> known = HashMap.newHashMap(batch.size());
            List<NewMessage> messages = new ArrayList<>(batch.size());
            List<Integer> places = new ArrayList<>(batch.size());
            for (NewMessage message : batch) {
                Name name = new Name(message.dialogId(), message.sender(), message.senderId(), message.clientMsgId());
                Integer place = known.putIfAbsent(name, messages.size());
                places.add(place == null ? messages.size() : place);
                if (place == null) {
                    messages.add(message);
                }
            }
            return new Distinct(messages, places);
        }

        List<Append> outcomesOfAll(List<Append> outcomes) {
            if (outcomes.size() == places.size()) {
                return outcomes;
            }
            List<Append> all = new ArrayList<>(places.size());
            int next = 0;
            for (int place : places) {
                Append outcome = outcomes.get(place);
                all.add(place == next ? outcome : repeat(outcome));
                next = Math.max(next, place + 1);
            }
            return all;
        }

        private static Append repeat(Append outcome) {
            return switch (outcome) {
                case Append.Stored(Message message, boolean repeated, boolean assistantSpeaks) ->
                    new Append.Stored(message, true, assistantSpeaks);
                case Append.Refused refused -> refused;
            };
        }
    }
}
