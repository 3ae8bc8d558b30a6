package dev.parley.gateway.dialog;

import dev.parley.gateway.dialog.DialogEvent.AnswerFinished;
import dev.parley.gateway.dialog.DialogEvent.Logged;
import dev.parley.gateway.dialog.DialogEvent.OfAnswer;
import dev.parley.gateway.dialog.DialogEvent.Reset;
import dev.parley.gateway.dialog.DialogRoom.Snapshot;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What one follower is told next: the log, then the answers in flight, then the people, then what is live; and the log again
 * where a live event shows that something is missing. For one thread at a time, that of its {@link FeedSubscription}.
 */
final class FeedStages {

    private static final int PAGE = 200;
    /** So many messages are said at most while news of an answer is on its way from one node to another; a room remembers more. */
    private static final int LOOKED_BACK = 60;

    private final DialogFeed feed;
    private final long dialogId;
    private final DialogRoom room;
    private final FeedPosition position;
    private final FeedSubscription subscription;
    /** What is to be told before anything else. */
    private final ArrayDeque<SharedEvent> ready = new ArrayDeque<>(0);

    private Stage stage = Stage.LIVE;
    /** The message behind which the log is read, and how far the log goes as far as that is known. */
    private long readFrom;
    private long logEnd;
    private long newestHeard;
    /** A message that was looked for once. */
    private long lookedFor;
    /** Whether the log is read together with others. */
    private boolean sharing;
    private @Nullable List<OfAnswer> answers;
    private @Nullable Runnable whenCaughtUp;

    private enum Stage {
        LOG, ANSWERS, PEOPLE, LIVE
    }

    FeedStages(DialogFeed feed, long dialogId, DialogRoom room, long since, Set<String> inFlight,
            FeedSubscription subscription, @Nullable Runnable whenCaughtUp) {
        this.feed = feed;
        this.dialogId = dialogId;
        this.room = room;
        this.position = new FeedPosition(since, inFlight);
        this.subscription = subscription;
        this.whenCaughtUp = whenCaughtUp;
    }

    /**
     * Begins anew from where the follower is. Who comes from another node may have heard more than this one: the ends of answers
     * and of turns that are not known here, or are still on their way. It is not to be told of those answers again, so it begins
     * a little before where it is.
     *
     * @return the message behind which the room is to look
     */
    long begin() {
        readFrom = feed.rooms().areAlone() ? position.last() : Math.max(0, position.last() - LOOKED_BACK);
        return readFrom;
    }

    void joined(Snapshot snapshot) {
        answers = snapshot.answers();
        newestHeard = snapshot.newest();
        List<Message> recent = snapshot.recent();
        if (recent == null || newestHeard < position.last()) {
            long from = readFrom;
            readLog();
            readFrom = from;
        } else {
            recent.forEach(this::passOrRecall);
            stage = Stage.ANSWERS;
        }
    }

    /** Whether there is nothing to tell but what is live. */
    boolean areOver() {
        return stage == Stage.LIVE && ready.isEmpty() && whenCaughtUp == null;
    }

    boolean haveReady() {
        return !ready.isEmpty();
    }

    SharedEvent nextReady() {
        return ready.removeFirst();
    }

    /** Does the next thing; returns false where there is none but to listen. To be called when nothing is ready. */
    boolean goOn() {
        switch (stage) {
            case LOG -> subscription.read(page(), this::take);
            case ANSWERS -> tellOfAnswers();
            case PEOPLE -> tellOfPeople();
            case LIVE -> {
                return tellOfBeingCaughtUp();
            }
        }
        return true;
    }

    /** Together with others who want the same page. */
    private void readLog() {
        logEnd = 0;
        sharing = true;
        readFrom = position.last();
        stage = Stage.LOG;
    }

    private Mono<History.Page> page() {
        return sharing
                ? room.read(readFrom, since -> feed.history().after(dialogId, since, PAGE))
                : feed.history().after(dialogId, readFrom, PAGE);
    }

    private void take(History.Page page) {
        if (sharing && page.newest() < newestHeard) {
            sharing = false; // somebody else's read began before we came; our own cannot miss what was told before that
            return;
        }
        if (logEnd == 0 && page.newest() - position.last() > feed.replayLimit()) {
            position.jumpTo(page.newest());
            ready.addLast(new SharedEvent(new Reset(dialogId, page.newest())));
            stage = Stage.ANSWERS;
            return;
        }
        long since = readFrom;
        logEnd = Math.max(logEnd, page.newest());
        page.messages().forEach(this::passOrRecall);
        readFrom = position.last();
        if (position.last() >= logEnd) {
            room.learn(since, page.messages());
            stage = Stage.ANSWERS;
        } else if (page.messages().isEmpty()) {
            subscription.fail(
                    new IllegalStateException("the log ends at %d (expected: %d)".formatted(since, logEnd)));
        }
    }

    private void passOrRecall(Message message) {
        if (message.seq() <= position.last()) {
            position.recall(message);
            return;
        }
        Logged logged = new Logged(message);
        position.moveTo(logged);
        ready.addLast(new SharedEvent(logged));
    }

    /** Brings the follower up to date about the answers in flight, those included that are so no more. */
    private void tellOfAnswers() {
        List<OfAnswer> inFlight = answers;
        if (inFlight == null) {
            stage = Stage.LIVE; // it was only a hole
            return;
        }
        List<String> gone = position.unheardEnds(inFlight);
        if (gone.isEmpty()) {
            tellOfAnswers(inFlight, List.of());
        } else {
            Mono<List<AnswerFinished>> ends = Flux.fromIterable(gone)
                    .concatMap(requestId -> feed.desk().end(dialogId, requestId)).collectList();
            subscription.read(ends, found -> tellOfAnswers(inFlight, found));
        }
    }

    private void tellOfAnswers(List<OfAnswer> inFlight, List<AnswerFinished> ends) {
        long newest = ends.stream().mapToLong(FeedStages::message).max().orElse(0);
        if (isMissing(newest)) {
            lookFor(newest); // one has ended since the log was read
            return;
        }
        answers = null;
        stage = Stage.PEOPLE;
        inFlight.stream().filter(position::admits).forEach(this::tell);
        ends.forEach(this::tell);
    }

    private void tell(OfAnswer news) {
        position.note(news);
        ready.addLast(new SharedEvent(news));
    }

    private boolean isMissing(long seq) {
        return seq > Math.max(position.last(), lookedFor);
    }

    /** Reads the log on for a message that has to be there; once, whatever it has. */
    private void lookFor(long seq) {
        newestHeard = seq;
        lookedFor = seq;
        readLog();
    }

    private void tellOfPeople() {
        stage = Stage.LIVE;
        subscription.read(feed.standing().standing(dialogId),
                people -> people.forEach(news -> ready.addLast(new SharedEvent(news))));
    }

    private boolean tellOfBeingCaughtUp() {
        Runnable tell = whenCaughtUp;
        whenCaughtUp = null;
        if (tell != null) {
            tell.run();
        }
        return tell != null;
    }

    /** Passes a live event on, if it is the follower's turn to know of it. */
    void receive(SharedEvent shared) {
        switch (shared.event()) {
            case Logged(Message message) when message.seq() > position.next() -> {
                newestHeard = message.seq();
                readLog();
            }
            case Logged(Message message) when message.seq() < position.next() -> {
                // Known already.
            }
            case Logged logged -> {
                position.moveTo(logged);
                subscription.emit(shared);
            }
            case OfAnswer news when isMissing(message(news)) -> {
                subscription.putBack(shared); // the message was lost on the way, and comes first
                lookFor(message(news));
            }
            case OfAnswer news when !position.admits(news) -> {
                // Of an answer that is over.
            }
            case OfAnswer news -> {
                position.note(news);
                subscription.emit(shared);
            }
            case DialogEvent other -> subscription.emit(shared);
        }
    }

    /** The seq of the message that comes before the news: of what was asked, or of what was said; 0 where there is none. */
    private static long message(OfAnswer news) {
        return switch (news) {
            case DialogEvent.AnswerQueued queued -> queued.inReplyTo();
            case DialogEvent.AnswerStarted started -> started.inReplyTo();
            case DialogEvent.AnswerDelta delta -> 0;
            case AnswerFinished end -> Objects.requireNonNullElse(end.seq(), 0L);
        };
    }
}
