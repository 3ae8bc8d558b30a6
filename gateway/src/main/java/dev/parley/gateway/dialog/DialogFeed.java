package dev.parley.gateway.dialog;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;

/**
 * One ordered stream of a dialog out of the log, which is the truth, and the room, which is quick.
 *
 * <p>A follower joins the room first, so that live events gather in its buffer; then it reads the log from its position; then
 * it takes the gathered events in turn. A message is passed on only if its number is the next one. A smaller number was seen
 * already. A larger one shows a hole, whatever made it, and is healed by reading the log again from the last number passed
 * on. The buffer is bounded: where it runs over, the follower first gets what is in it, then joins anew from where it is. So a
 * slow follower costs one buffer, and is never told anything twice, out of order or not at all.
 */
@Component
public final class DialogFeed {

    private final Rooms rooms;
    private final History history;
    private final ObjectProvider<AnswerDesk> desk;
    private final Standing standing;
    private final int replayLimit;

    DialogFeed(Rooms rooms, History history, ObjectProvider<AnswerDesk> desk, Standing standing,
            MessageSettings settings) {
        this.rooms = rooms;
        this.history = history;
        this.desk = desk;
        this.standing = standing;
        this.replayLimit = settings.replayLimit();
    }

    /**
     * Every message after {@code since}, once and in order, and the ephemeral events between them. First come those that
     * bring a newcomer up to date about the answers in flight and about the people. It does not end by itself; it fails only where the log cannot
     * be read. Respects backpressure.
     *
     * @param since a seq of the dialog's log, 0 for its beginning; never beyond its end
     * @param inFlight answers of which the follower was told that they are in flight, with the length of what it has of their
     *        texts (less than 0 where they waited): it is told what it does not have, and where they are in flight no more
     */
    public Flux<SharedEvent> follow(long dialogId, long since, Map<String, Integer> inFlight) {
        return follow(dialogId, since, inFlight, null);
    }

    /**
     * As {@link #follow(long, long, Map)}.
     *
     * @param whenCaughtUp run once: after all that there was when the follower came, and before what comes later
     */
    public Flux<SharedEvent> follow(long dialogId, long since, Map<String, Integer> inFlight,
            @Nullable Runnable whenCaughtUp) {
        return Flux.from(follower -> new FeedSubscription(this, dialogId, since, inFlight, follower, whenCaughtUp)
                .start());
    }

    Rooms rooms() {
        return rooms;
    }

    History history() {
        return history;
    }

    Standing standing() {
        return standing;
    }

    AnswerDesk desk() {
        return desk.getObject();
    }

    int replayLimit() {
        return replayLimit;
    }
}
