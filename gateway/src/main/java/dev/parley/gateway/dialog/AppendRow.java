package dev.parley.gateway.dialog;

import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the statements that append have in common. */
final class AppendRow {

    private AppendRow() {}

    /**
     * The message as it is in the log now.
     *
     * @param at the place of {@code seq}; after it come {@code id}, {@code created_at} in milliseconds since the epoch (to read
     *        a timestamp costs the driver more than all the rest of a row) and {@code turn}
     */
    static Message message(Readable row, int at, NewMessage message, @Nullable String requestId) {
        return new Message(message.dialogId(), require(row, at, Long.class), require(row, at + 1, Long.class),
                Message.Kind.MESSAGE, message.sender(), message.senderId(), message.senderName(),
                message.clientMsgId(), message.text(), message.state(), requestId, require(row, at + 3, Long.class),
                Instant.ofEpochMilli(require(row, at + 2, Long.class)));
    }

    static <T> T require(Readable row, int place, Class<T> type) {
        @Nullable
        T value = row.get(place, type);
        return Objects.requireNonNull(value);
    }

    static @Nullable String word(Message.@Nullable State state) {
        return state == null ? null : state.word();
    }

    /** The driver reads a statement's text anew at every execution, and white space is a third of it. */
    static String compact(String sql) {
        return sql.replaceAll("\\s+", " ");
    }
}
