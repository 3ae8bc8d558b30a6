package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import dev.parley.gateway.dialog.DialogEvent.Reset;
import dev.parley.gateway.dialog.RoomSignal.Snapshot;
import java.util.List;
import org.springframework.stereotype.Component;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

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

    private static final int BUFFER = 256;
    private static final int PAGE = 200;

    private final Rooms rooms;
    private final History history;
    private final Standing standing;
    private final int replayLimit;

    DialogFeed(Rooms rooms, History history, Standing standing, MessageSettings settings) {
        this.rooms = rooms;
        this.history = history;
        this.standing = standing;
        this.replayLimit = settings.replayLimit();
    }

    /**
     * Every message after {@code since}, once and in order, and the ephemeral events between them. It does not end by itself;
     * it fails only where the log cannot be read. Respects backpressure.
     *
     * @param since a seq of the dialog's log, 0 for its beginning; never beyond its end
     */
    public Flux<DialogEvent> follow(long dialogId, long since) {
        return Flux.defer(() -> {
            FeedPosition position = new FeedPosition(since);
            return rooms.join(dialogId)
                    .onBackpressureBuffer(BUFFER)
                    .concatMap(signal -> receive(dialogId, position, signal))
                    .retryWhen(Retry.indefinitely().filter(Exceptions::isOverflow));
        });
    }

    /**
     * As {@link #follow}, but only what there is now: every message after {@code since}, then what brings a newcomer up to
     * date about the answers in flight and about the people. It ends there.
     */
    public Flux<DialogEvent> now(long dialogId, long since) {
        return Flux.defer(() -> rooms.join(dialogId)
                .next()
                .flatMapMany(signal -> receive(dialogId, new FeedPosition(since), signal)));
    }

    private Flux<DialogEvent> receive(long dialogId, FeedPosition position, RoomSignal signal) {
        return switch (signal) {
            case Snapshot snapshot -> catchUp(dialogId, position, snapshot)
                    .concatWith(Flux.defer(() -> Flux.fromIterable(snapshot.answers()).filter(position::admits)))
                    .concatWith(standing.standing(dialogId).flatMapIterable(people -> people));
            case Logged logged when logged.message().seq() > position.next() -> replay(dialogId, position);
            case Logged logged -> logged.message().seq() == position.next() ? pass(position, logged) : Flux.empty();
            case OfAnswer news -> position.admits(news) ? Flux.just(news) : Flux.empty();
            case DialogEvent event -> Flux.just(event);
        };
    }

    private Flux<DialogEvent> catchUp(long dialogId, FeedPosition position, Snapshot snapshot) {
        List<Message> recent = snapshot.recent();
        if (recent.isEmpty() || recent.getFirst().seq() > position.next()) {
            return replay(dialogId, position);
        }
        return Flux.fromIterable(recent)
                .filter(message -> message.seq() >= position.next())
                .map(message -> position.moveTo(new Logged(message)));
    }

    /** Reads the log from the position on, page by page, as far as the follower takes it. */
    private Flux<DialogEvent> replay(long dialogId, FeedPosition position) {
        return history.after(dialogId, position.last(), PAGE).flatMapMany(page -> {
            if (page.newest() - position.last() > replayLimit) {
                position.jumpTo(page.newest());
                return Flux.just(new Reset(dialogId, page.newest()));
            }
            return passAll(position, page).concatWith(Flux.defer(
                    () -> position.last() < page.newest()
                            ? replayOn(dialogId, position, page.newest())
                            : Flux.empty()));
        });
    }

    private Flux<DialogEvent> replayOn(long dialogId, FeedPosition position, long end) {
        return Mono.defer(() -> history.after(dialogId, position.last(), PAGE))
                .flatMapMany(page -> passAll(position, page))
                .repeat(() -> position.last() < end);
    }

    private static Flux<DialogEvent> passAll(FeedPosition position, History.Page page) {
        if (page.messages().isEmpty() && page.newest() > position.last()) {
            return Flux.error(new IllegalStateException("the log ends at %d (expected: %d)".formatted(position.last(),
                    page.newest())));
        }
        return Flux.fromIterable(page.messages()).map(message -> position.moveTo(new Logged(message)));
    }

    private static Flux<DialogEvent> pass(FeedPosition position, Logged logged) {
        return Flux.just(position.moveTo(logged));
    }
}
