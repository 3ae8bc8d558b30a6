package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.DialogEvent.OfPerson;
import java.util.ArrayList;
import java.util.List;

/**
 * What is new for a client that asks from time to time. Nothing is kept between two polls: the cursor says all, so a response
 * that got lost is simply asked for again.
 *
 * @param events what the client is to see, perhaps nothing
 * @param cursor where it is then
 */
record PollNews(List<DialogEvent> events, Cursor cursor) {

    /**
     * @param events those of the feed that {@link #moves}, in order
     * @param people how it stands with them by now, in place of what was heard of them: that may have missed something
     */
    static PollNews of(Follower follower, List<DialogEvent> events, PeopleShown people) {
        List<DialogEvent> shown = new ArrayList<>();
        Cursor cursor = follower.cursor();
        for (DialogEvent event : events) {
            DialogEvent fresh = cursor.newIn(event);
            if (fresh == null) {
                continue;
            }
            cursor = cursor.after(fresh);
            if (isVisible(fresh, follower)) {
                shown.add(fresh);
            }
        }
        shown.addAll(people.newTo(cursor.people()));
        return new PollNews(shown, cursor.withPeople(people.mark()));
    }

    /** Whether the follower is further when it has heard of it, which news of people is not. */
    static boolean moves(DialogEvent event, Follower follower) {
        return !(event instanceof OfPerson) && follower.cursor().newIn(event) != null;
    }

    /** What this follower may see of the people. */
    static PeopleShown people(List<OfPerson> standing, Follower follower) {
        return new PeopleShown(standing.stream().filter(news -> isVisible(news, follower)).toList());
    }

    static boolean isVisible(DialogEvent event, Follower follower) {
        return Visibility.of(event, follower.audience(), follower.session().caller(), follower.echo());
    }
}
