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

    /** With how it stands with the people by now, in place of what was heard of them: that may have missed something. */
    PollNews with(PeopleShown people) {
        List<DialogEvent> all = new ArrayList<>(events);
        all.addAll(people.newTo(cursor.people()));
        return new PollNews(all, cursor.withPeople(people.mark()));
    }

    /** What this follower may see of the people. */
    static PeopleShown people(List<OfPerson> standing, Follower follower) {
        List<OfPerson> visible = List.of();
        for (OfPerson news : standing) { // mostly there is nothing to show, and nothing is to be made then
            if (isVisible(news, follower)) {
                visible = visible.isEmpty() ? new ArrayList<>(standing.size()) : visible;
                visible.add(news);
            }
        }
        return new PeopleShown(visible);
    }

    static boolean isVisible(DialogEvent event, Follower follower) {
        return Visibility.of(event, follower.audience(), follower.session().caller(), follower.echo());
    }
}
