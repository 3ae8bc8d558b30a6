package dev.parley.gateway.presence;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.Sender;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one side's messages were received by the other side, as far as its marks tell. A message has been delivered, or read,
 * when that is so for anybody of the other side. The assistant speaks for the operators' side; it leaves no marks.
 */
public final class Reception {

    private final Sender side;
    private final List<Mark> delivered;
    private final List<Mark> read;

    private Reception(Sender side, List<Mark> delivered, List<Mark> read) {
        this.side = side;
        this.delivered = delivered;
        this.read = read;
    }

    static Reception of(Sender side, List<Attendee> others) {
        return new Reception(side, others.stream().map(Attendee::delivered).toList(),
                others.stream().map(Attendee::read).toList());
    }

    /** How far a message has come. */
    public enum Status {
        SENT, DELIVERED, READ;

        /** The name on the wire. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param deliveredAt absent where it was not delivered, or where nobody knows any more when; {@code readAt} likewise */
    public record Received(Status status, @Nullable Instant deliveredAt, @Nullable Instant readAt) {}

    /** How the message was received, where it is of this side. */
    public @Nullable Received of(Message message) {
        if (!isOurs(message.sender())) {
            return null;
        }
        long seq = message.seq();
        Status status = covers(read, seq) ? Status.READ : covers(delivered, seq) ? Status.DELIVERED : Status.SENT;
        return new Received(status, earliest(delivered, seq), earliest(read, seq));
    }

    private boolean isOurs(Sender sender) {
        return sender == side || (sender == Sender.ASSISTANT && side == Sender.MANAGER);
    }

    private static boolean covers(List<Mark> marks, long seq) {
        return marks.stream().anyMatch(mark -> mark.covers(seq));
    }

    private static @Nullable Instant earliest(List<Mark> marks, long seq) {
        return marks.stream()
                .map(mark -> mark.coveredAt(seq))
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
    }
}
