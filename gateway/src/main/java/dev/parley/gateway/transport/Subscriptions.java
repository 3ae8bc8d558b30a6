package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.Problem;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * What one WebSocket follows: the one dialog of its path, or the dialogs, and the inbox, that its client subscribes to. Used
 * by one thread at a time, that which works on the client's frames, save for {@link #dispose}.
 */
final class Subscriptions implements Disposable {

    private static final int MOST_DIALOGS = 500;

    private final CarrierTools tools;
    private final Permit permit;
    private final Outbox outbox;
    private final Greeting greeting;
    private final @Nullable Long onlyDialog;
    private final Map<Long, Followed> followed = new HashMap<>(2);
    private Outbox.@Nullable Source inbox;
    private boolean disposed;

    /** Says hello to the client. */
    interface Greeting {

        void toDialog(Follower follower);

        void toInbox();
    }

    /** What ends with it: the seat, and the client's presence. */
    private record Followed(Following following, Disposable seat, Disposable presence) {

        void end() {
            seat.dispose();
            presence.dispose();
        }
    }

    /** @param onlyDialog where the socket is of one dialog */
    Subscriptions(CarrierTools tools, Permit permit, Outbox outbox, Greeting greeting, @Nullable Long onlyDialog) {
        this.tools = tools;
        this.permit = permit;
        this.outbox = outbox;
        this.greeting = greeting;
        this.onlyDialog = onlyDialog;
    }

    /** Which dialog a frame is about. */
    long dialogOf(@Nullable Long named) {
        if (onlyDialog != null) {
            if (named != null && !named.equals(onlyDialog)) {
                throw Problem.BAD_FRAME.with("dialog_id: this socket is of dialog %d".formatted(onlyDialog));
            }
            return onlyDialog;
        }
        if (named == null) {
            throw Problem.BAD_FRAME.with("dialog_id: is needed");
        }
        if (!followed.containsKey(named)) {
            throw Problem.BAD_REQUEST.with("dialog_id: subscribe to dialog %d first".formatted(named));
        }
        return named;
    }

    /** What replies that are about no dialog in particular say. */
    @Nullable
    Long onlyDialog() {
        return onlyDialog;
    }

    /** Follows a dialog from where the client says that it is, or anew from there. */
    Mono<Void> subscribe(@Nullable Long named, ClientFrame.Subscribe wish) {
        mustBeOfMany();
        if (named == null) {
            throw Problem.BAD_FRAME.with("dialog_id: is needed");
        }
        if (followed.size() >= MOST_DIALOGS && !followed.containsKey(named)) {
            throw Problem.TOO_MANY_CONNECTIONS.with("One socket follows %d dialogs at most".formatted(MOST_DIALOGS));
        }
        return tools.admission().subscribe(permit, named, wish).doOnNext(follower -> {
            unfollow(named);
            follow(follower, tools.admission().seatIn(named));
        }).then();
    }

    /** @param seat given back when the dialog is not followed any more */
    synchronized void follow(Follower follower, Disposable seat) {
        if (disposed) {
            seat.dispose();
            return;
        }
        Following following = new Following(tools.feed(), permit, follower);
        Disposable presence = tools.people().enter(follower.dialog().id(), permit.caller());
        followed.put(follower.dialog().id(), new Followed(following, seat, presence));
        greeting.toDialog(follower);
        outbox.follow(following);
    }

    void unsubscribe(@Nullable Long named) {
        mustBeOfMany();
        if (named == null) {
            throw Problem.BAD_FRAME.with("dialog_id: is needed");
        }
        unfollow(named);
    }

    private synchronized void unfollow(long dialogId) {
        Followed gone = followed.remove(dialogId);
        if (gone != null) {
            outbox.unfollow(gone.following());
            gone.end();
        }
    }

    /** Follows the changes of all dialogs; each time that it begins, the client has to read the list of them. */
    void subscribeToInbox() {
        mustBeOfMany();
        if (!(permit.caller() instanceof Caller.Operator operator) || !operator.answersVisitors()) {
            throw Problem.FORBIDDEN.with("Only operators have an inbox");
        }
        unsubscribeFromInbox();
        inbox = () -> tools.inbox().watch().doOnSubscribe(begun -> greeting.toInbox()).repeat();
        outbox.follow(inbox);
    }

    void unsubscribeFromInbox() {
        mustBeOfMany();
        if (inbox != null) {
            outbox.unfollow(inbox);
            inbox = null;
        }
    }

    private void mustBeOfMany() {
        if (onlyDialog != null) {
            throw Problem.BAD_FRAME.with("type: this socket is of dialog %d alone".formatted(onlyDialog));
        }
    }

    synchronized LongStream dialogs() {
        return LongStream.of(followed.keySet().stream().mapToLong(Long::longValue).toArray());
    }

    /** Gives the seats back. The outbox ends by itself. */
    @Override
    public synchronized void dispose() {
        disposed = true;
        followed.values().forEach(Followed::end);
        followed.clear();
    }
}
