package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.Logged;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Finds out what has become of a turn whose transaction has failed, perhaps only after its commit: the connection may be lost
 * before that is confirmed. The dialog's answers hold their breath until then. What is in the log and was not heard of is told,
 * for whoever has changed the turn has told nobody.
 */
@Component
final class TurnInquiry implements DisposableBean {

    private static final int MOST_TOLD = 100;
    private static final Retry UNTIL_DATABASE_IS_BACK = Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(50))
            .maxBackoff(Duration.ofSeconds(2));

    private final Dialogs dialogs;
    private final History history;
    private final Rooms rooms;
    private final Disposable.Composite working = Disposables.composite();

    TurnInquiry(Dialogs dialogs, History history, Rooms rooms) {
        this.dialogs = dialogs;
        this.history = history;
        this.rooms = rooms;
    }

    /** Returns at once. The hold ends when it is known whether the turn has ended. */
    void begin(long dialogId, AnswerDesk.Hold hold) {
        Disposable.Swap owner = Disposables.swap();
        working.add(owner);
        owner.update(Mono.defer(() -> dialogs.standing(dialogId))
                .flatMap(standing -> tell(dialogId, standing.lastSeq()).thenReturn(standing.turn()))
                .retryWhen(UNTIL_DATABASE_IS_BACK)
                .doFinally(end -> working.remove(owner))
                .doOnSuccess(turn -> conclude(hold, turn))
                .subscribe(turn -> {}, error -> hold.resume()));
    }

    /** Once: another change of the dialog may have a hold of its own by now. */
    private static void conclude(AnswerDesk.Hold hold, @Nullable Long turn) {
        if (turn == null) {
            hold.resume();
        } else {
            hold.end(turn);
        }
    }

    private Mono<Void> tell(long dialogId, long newest) {
        long heard = rooms.newestHeard(dialogId);
        long since = heard <= 0 ? newest - 1 : Math.max(heard, newest - MOST_TOLD);
        return since >= newest
                ? Mono.empty()
                : history.after(dialogId, since, MOST_TOLD)
                        .doOnNext(page -> rooms.publish(dialogId, page.messages().stream().map(Logged::new).toList()))
                        .then();
    }

    @Override
    public void destroy() {
        working.dispose();
    }
}
