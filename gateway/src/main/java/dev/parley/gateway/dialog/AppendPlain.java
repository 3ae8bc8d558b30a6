package dev.parley.gateway.dialog;

import static dev.parley.gateway.dialog.AppendRow.require;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stores any number of messages of users and operators, no two of them the same, for three quarters of what
 * {@link AppendMany} costs the database and much less of what it costs the driver. Where something speaks against any of them
 * (it is a repeat, or refused) none is stored and nothing said: {@link AppendMany} finds out which.
 */
final class AppendPlain {

    private static final String SQL = "select dialog_id, seq, id, at, turn, request_id, ai from append_plain("
            + "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    private final List<NewMessage> messages;

    /** By the dialogs' ids, and in their order. */
    private final SortedMap<Long, Share> shares = new TreeMap<>();

    /** Of each message, where it stands among those of its dialog. */
    private final Long[] places;

    private AppendPlain(List<NewMessage> messages) {
        this.messages = messages;
        this.places = new Long[messages.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = shares.computeIfAbsent(messages.get(i).dialogId(), first -> new Share())
                    .add(i, messages.get(i));
        }
    }

    /** What one dialog gets. */
    private static final class Share {

        private final List<Integer> messages = new ArrayList<>(1);
        private @Nullable Long turn;
        private boolean areOfTwoTurns;
        private boolean human;

        long add(int index, NewMessage message) {
            messages.add(index);
            human |= message.sender() == Sender.MANAGER;
            areOfTwoTurns |= turn != null && message.turn() != null && !turn.equals(message.turn());
            turn = turn == null ? message.turn() : turn;
            return messages.size();
        }
    }

    /** What the log has made of a message. */
    private record Place(long dialogId, long seq, long id, Instant at, long turn, @Nullable String requestId,
            boolean assistantSpeaks) {

        static Place of(Readable row) {
            return new Place(require(row, 0, Long.class), require(row, 1, Long.class), require(row, 2, Long.class),
                    Instant.ofEpochMilli(require(row, 3, Long.class)), require(row, 4, Long.class),
                    row.get(5, String.class), require(row, 6, Boolean.class));
        }
    }

    /** Nothing where they are no such messages, or where nothing was stored. */
    static Mono<List<Append>> execute(Connection connection, List<NewMessage> messages, long node) {
        if (!messages.stream().allMatch(AppendPlain::isPlain)) {
            return Mono.empty();
        }
        AppendPlain append = new AppendPlain(messages);
        return append.shares.values().stream().anyMatch(share -> share.areOfTwoTurns)
                ? Mono.empty()
                : append.execute(connection, node);
    }

    /** Not of an assistant, whose message ends an answer, and with nothing that only such ones have. */
    private static boolean isPlain(NewMessage message) {
        return message.sender() != Sender.ASSISTANT && message.state() == null
                && (message.requestId() == null) == (message.askedBy() == null);
    }

    private Mono<List<Append>> execute(Connection connection, long node) {
        Statement statement = connection.createStatement(SQL)
                .bind("$1", ofMessages(Long[]::new, NewMessage::dialogId))
                .bind("$2", places)
                .bind("$10", shares.keySet().toArray(Long[]::new))
                .bind("$11", ofShares(Long[]::new, share -> (long) share.messages.size()))
                .bind("$12", ofShares(Long[]::new, share -> share.turn))
                .bind("$13", ofShares(Boolean[]::new, share -> share.human))
                .bind("$14", node);
        bind(statement, "$3", message -> message.sender().word());
        bind(statement, "$4", NewMessage::senderId);
        bind(statement, "$5", NewMessage::senderName);
        bind(statement, "$6", NewMessage::clientMsgId);
        bind(statement, "$7", NewMessage::text);
        bind(statement, "$8", NewMessage::requestId);
        bind(statement, "$9", NewMessage::askedBy);
        return Flux.from(statement.execute())
                .concatMap(result -> result.map(Place::of))
                .collectSortedList(Comparator.comparingLong(Place::dialogId).thenComparingLong(Place::seq))
                .filter(stored -> stored.size() == messages.size())
                .map(this::outcomes);
    }

    /** What no message has is not written for each. */
    private void bind(Statement statement, String name, Function<NewMessage, ? extends @Nullable Object> field) {
        if (messages.stream().map(field).allMatch(Objects::isNull)) {
            statement.bindNull(name, String[].class);
        } else {
            statement.bind(name, ofMessages(String[]::new, field));
        }
    }

    private <T> T[] ofMessages(IntFunction<T[]> array, Function<NewMessage, ? extends @Nullable Object> field) {
        return messages.stream().map(field).toArray(array);
    }

    private <T> T[] ofShares(IntFunction<T[]> array, Function<Share, ? extends @Nullable Object> field) {
        return shares.values().stream().map(field).toArray(array);
    }

    /** Within a dialog they were numbered in the order in which they were given. */
    private List<Append> outcomes(List<Place> stored) {
        Append[] outcomes = new Append[stored.size()];
        Iterator<Place> next = stored.iterator();
        for (Share share : shares.values()) {
            for (int index : share.messages) {
                outcomes[index] = outcome(messages.get(index), next.next());
            }
        }
        return List.of(outcomes);
    }

    private static Append outcome(NewMessage message, Place place) {
        return new Append.Stored(new Message(place.dialogId(), place.seq(), place.id(), Message.Kind.MESSAGE,
                message.sender(), message.senderId(), message.senderName(), message.clientMsgId(), message.text(),
                message.state(), place.requestId(), place.turn(), place.at()), false, place.assistantSpeaks());
    }
}
