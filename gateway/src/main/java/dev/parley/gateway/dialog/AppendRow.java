package dev.parley.gateway.dialog;

import io.r2dbc.spi.Readable;
import java.time.OffsetDateTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the statements return of a message: {@code seq, id, created_at, turn, request_id, ai}, read by their places. */
final class AppendRow {

    private AppendRow() {}

    /** @param at the place of {@code seq} */
    static Append.Stored stored(Readable row, int at, NewMessage message, boolean repeated) {
        Message stored = new Message(message.dialogId(), require(row, at, Long.class),
                require(row, at + 1, Long.class), Message.Kind.MESSAGE, message.sender(), message.senderId(),
                message.senderName(), message.clientMsgId(), message.text(), message.state(),
                row.get(at + 4, String.class), require(row, at + 3, Long.class),
                require(row, at + 2, OffsetDateTime.class).toInstant());
        return new Append.Stored(stored, repeated, require(row, at + 5, Boolean.class));
    }

    static <T> T require(Readable row, int place, Class<T> type) {
        @Nullable
        T value = row.get(place, type);
        return Objects.requireNonNull(value);
    }
}
