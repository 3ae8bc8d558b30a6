package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import dev.parley.gateway.dialog.DialogFeed;
import dev.parley.gateway.dialog.Standing;
import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * What is new for a client that asks from time to time. Nothing is kept between two polls: the cursor says all, so a response
 * that got lost is simply asked for again.
 */
@Component
final class Poll {

    /** So many events a response at most; the next poll gets the others at once. */
    private static final int MAX_EVENTS = 200;

    private final DialogFeed feed;
    private final Standing standing;
    private final PollSettings settings;

    Poll(DialogFeed feed, Standing standing, PollSettings settings) {
        this.feed = feed;
        this.standing = standing;
        this.settings = settings;
    }

    /** @param events what the client is to see, perhaps nothing */
    record News(List<DialogEvent> events, Cursor cursor) {}

    /**
     * What there is already; where that is nothing, what comes next, and what follows it closely.
     *
     * @param wait whether to wait for it
     * @param enough ends the wait
     * @param clock by which a moment more is waited
     */
    Mono<News> news(Follower follower, boolean wait, Mono<Void> enough, Scheduler clock) {
        Cursor cursor = follower.cursor();
        Mono<Boolean> newsOfPeople = people(follower).map(people -> !people.mark().equals(cursor.people()));
        return Gathering.of(caughtUp -> feed
                .follow(follower.dialog().id(), cursor.seq(), cursor.answers().keySet(), caughtUp),
                new Gathering.Plan(MAX_EVENTS, event -> isNews(event, follower),
                        newsOfPeople, wait, settings.linger(), clock, enough))
                .flatMap(events -> withPeople(follower, gather(follower, cursor, events)));
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

    private static boolean isNews(DialogEvent event, Follower follower) {
        DialogEvent fresh = follower.cursor().newIn(event);
        return fresh != null && isVisible(fresh, follower);
    }

    private static boolean isVisible(DialogEvent event, Follower follower) {
        return Visibility.of(event, follower.audience(), follower.session().caller(), follower.echo());
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
