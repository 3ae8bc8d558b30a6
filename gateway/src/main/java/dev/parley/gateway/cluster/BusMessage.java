package dev.parley.gateway.cluster;

import dev.parley.gateway.dialog.DialogEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one node says to others about a dialog. */
sealed interface BusMessage {

    /** What is told in the dialog's rooms, in this order. */
    record News(List<DialogEvent> events) implements BusMessage {}

    /** Who has answers in flight is to tell of them. */
    record Question() implements BusMessage {}

    /** What answers of the one who says it are in flight, for the one who has asked. */
    record Reply(long to, List<DialogEvent.OfAnswer> inFlight) implements BusMessage {}

    /**
     * @param from which node says it
     * @param message absent where it cannot be read: the node that has sent it is of another version
     */
    record Envelope(long from, @Nullable BusMessage message) {}
}
