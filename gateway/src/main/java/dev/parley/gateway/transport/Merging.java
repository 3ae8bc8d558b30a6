package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.AnswerDelta;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import dev.parley.gateway.dialog.DialogEvent.Updated;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/** How ephemeral events that wait for a slow client are put together, so that it learns how things are, not how they were. */
final class Merging {

    private Merging() {}

    /** What an event is news of. Only two events of the same subject can be merged, and only neighbours among those. */
    record Subject(Object source, Class<?> kind, String id) {}

    /** Absent for events that are never merged. */
    static @Nullable Subject subject(Object source, DialogEvent event) {
        return switch (event) {
            case OfAnswer news -> new Subject(source, OfAnswer.class, news.requestId());
            case OfPerson news -> new Subject(source, news.getClass(), news.sender().word() + ':' + news.senderId());
            case Updated updated -> new Subject(source, Updated.class, Long.toString(updated.dialogId()));
            case DialogEvent.Logged logged -> null;
            case DialogEvent.Reset reset -> null;
        };
    }

    /** One event in place of two, and by how much it is larger than the first, about. */
    record Merged(DialogEvent event, int addedBytes) {}

    /** One event that says what the two say, in this order; absent where there is none. */
    static @Nullable Merged merge(DialogEvent earlier, DialogEvent later) {
        return switch (later) {
            case AnswerDelta delta when earlier instanceof AnswerDelta before -> merge(before, delta);
            case AnswerQueued queued when earlier instanceof AnswerQueued -> new Merged(queued, 0);
            case OfPerson news when earlier.getClass() == news.getClass() -> new Merged(news, 0);
            case Updated updated when earlier instanceof Updated -> new Merged(updated, 0);
            default -> null;
        };
    }

    private static @Nullable Merged merge(AnswerDelta earlier, AnswerDelta later) {
        int kept = later.offset() - earlier.offset();
        if (kept > earlier.text().length()) {
            return null; // what stands between them is not here
        }
        AnswerDelta both = kept <= 0
                ? later
                : new AnswerDelta(later.dialogId(), later.requestId(), later.turn(), earlier.offset(),
                        earlier.text().substring(0, kept) + later.text());
        return new Merged(both, ByteBufUtil.utf8Bytes(both.text()) - ByteBufUtil.utf8Bytes(earlier.text()));
    }
}
