package dev.parley.gateway.transport;

import dev.parley.gateway.answer.Answers;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.dialog.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * What is new for a client that asks from time to time. Nothing is kept between two polls: the cursor says all, so a response
 * that got lost is simply asked for again.
 */
@Component
final class Poll {

    /** So many events a response at most; the next poll gets the others at once. */
    private static final int MAX_EVENTS = 200;

    /** After the first event, so that words come in handfuls. */
    private static final Duration LINGER = Duration.ofMillis(50);

    private final DialogFeed feed;
    private final Answers answers;
    private final Standing standing;
    private final Scheduler clock;

    Poll(DialogFeed feed, Answers answers, Standing standing) {
        this.feed = feed;
        this.answers = answers;
        this.standing = standing;
        this.clock = Schedulers.parallel();
    }

    /** @param events what the client is to see, perhaps nothing */
    record News(List<DialogEvent> events, Cursor cursor) {}

    /** What there is already. */
    Mono<News> now(Follower follower) {
        long dialogId = follower.dialog().id();
        return feed.now(dialogId, follower.since())
                .take(MAX_EVENTS)
                .collectList()
                .flatMap(events -> endings(dialogId, follower.cursor(), events))
                .flatMap(events -> withPeople(follower, gather(follower, follower.cursor(), events)));
    }

    /**
     * What comes next, and what follows it closely.
     *
     * @param cursor where the client is by now
     * @param enough ends the wait
     */
    Mono<News> next(Follower follower, Cursor cursor, Mono<Void> enough) {
        return feed.follow(follower.dialog().id(), cursor.seq())
                .take(MAX_EVENTS)
                .publish(events -> events.takeUntilOther(Flux
                        .merge(events.filterWhen(event -> isNews(follower, cursor, event))
                                .take(1)
                                .delayElements(LINGER, clock), enough.thenReturn(true))
                        .take(1)))
                .collectList()
                .flatMap(events -> withPeople(follower, gather(follower, cursor, events)));
    }

    private Mono<Boolean> isNews(Follower follower, Cursor cursor, DialogEvent event) {
        return event instanceof OfPerson
                ? people(follower).map(people -> !people.mark().equals(cursor.people()))
                : Mono.just(!gather(follower, cursor, List.of(event)).events().isEmpty());
    }

    /** How it stands with the people by now, in place of what was heard of them: that may have missed something. */
    private Mono<News> withPeople(Follower follower, News news) {
        return people(follower).map(people -> {
            List<DialogEvent> events = new ArrayList<>(news.events());
            events.addAll(people.newTo(news.cursor().people()));
            return new News(events, news.cursor().withPeople(people.mark()));
        });
    }

    private Mono<PeopleShown> people(Follower follower) {
        return standing.standing(follower.dialog().id())
                .map(people -> new PeopleShown(people.stream().filter(news -> isVisible(news, follower)).toList()));
    }

    private static boolean isVisible(DialogEvent event, Follower follower) {
        return Visibility.of(event, follower.audience(), follower.session().caller(), follower.echo());
    }

    /** Adds the ends of those answers that ended between two polls, whose news nobody heard. */
    private Mono<List<DialogEvent>> endings(long dialogId, Cursor cursor, List<DialogEvent> events) {
        if (events.size() == MAX_EVENTS) {
            return Mono.just(events);
        }
        Set<String> inFlight = events.stream()
                .filter(DialogEvent.OfAnswer.class::isInstance)
                .map(event -> ((DialogEvent.OfAnswer) event).requestId())
                .collect(Collectors.toSet());
        return Flux.fromIterable(cursor.answers().keySet())
                .filter(requestId -> !inFlight.contains(requestId))
                .concatMap(requestId -> answers.end(dialogId, requestId))
                .<DialogEvent>cast(DialogEvent.class)
                .collectList()
                .map(ends -> {
                    List<DialogEvent> all = new ArrayList<>(events);
                    all.addAll(ends);
                    return all;
                });
    }

    private static News gather(Follower follower, Cursor from, List<DialogEvent> events) {
        List<DialogEvent> shown = new ArrayList<>();
        Cursor cursor = from;
        for (DialogEvent event : events) {
            DialogEvent fresh = cursor.newIn(event);
            if (fresh == null || fresh instanceof OfPerson) {
                continue;
            }
            cursor = cursor.after(fresh);
            if (isVisible(fresh, follower)) {
                shown.add(fresh);
            }
        }
        return new News(shown, cursor);
    }
}
