package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.AnswerQueued;
import dev.parley.gateway.dialog.DialogEvent.AnswerStarted;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.dialog.SharedEvent;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Flux;

/**
 * One dialog as one connection follows it. It knows how far its client is by what was written, so it can be taken up again
 * from there when the outbox had to drop what waited.
 */
final class Following implements Outbox.Source {

    private final DialogFeed feed;
    private final Permit permit;
    private final long dialogId;
    private final boolean echo;

    // Guarded by the outbox, which writes one event at a time, and follows anew only when all is written.
    private volatile long seq;
    private final Map<String, Integer> inFlight = new HashMap<>();

    Following(DialogFeed feed, Permit permit, Follower follower) {
        this.feed = feed;
        this.permit = permit;
        this.dialogId = follower.dialog().id();
        this.echo = follower.echo();
        this.seq = follower.since();
        follower.cursor().answers().keySet().forEach(this::begun);
    }

    @Override
    public Flux<SharedEvent> events() {
        return feed.follow(dialogId, seq, Map.copyOf(inFlight)).filter(this::isVisible);
    }

    private boolean isVisible(SharedEvent shared) {
        return Visibility.of(shared.event(), permit.audience(), permit.caller(), echo);
    }

    @Override
    public void written(DialogEvent event) {
        switch (event) {
            case DialogEvent.Logged logged -> seq = logged.message().seq();
            case DialogEvent.Reset reset -> seq = reset.seq();
            case AnswerQueued queued -> begun(queued.requestId());
            case AnswerStarted started -> begun(started.requestId());
            case AnswerFinished finished -> inFlight.remove(finished.requestId());
            default -> {
                // Says nothing of how far the client is.
            }
        }
    }

    private void begun(String requestId) {
        inFlight.put(requestId, 0); // whoever begins to follow gets the whole text
    }
}
