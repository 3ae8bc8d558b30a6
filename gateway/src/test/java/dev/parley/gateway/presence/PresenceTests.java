package dev.parley.gateway.presence;

import static dev.parley.gateway.presence.PeopleFixture.ANNA;
import static dev.parley.gateway.presence.PeopleFixture.DIALOG;
import static dev.parley.gateway.presence.PeopleFixture.VISITOR;
import static dev.parley.gateway.presence.PeopleFixture.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Sender;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

class PresenceTests {

    private final PeopleFixture fixture = new PeopleFixture();
    private final People people = fixture.people;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void whoComesIsOnlineAtOnce() {
        people.enter(DIALOG, VISITOR);
        assertThat(fixture.told()).containsExactly("Ada is online");
    }

    @Test
    void whoHasGoneIsAwayAndThenOffline() {
        Disposable connection = people.enter(DIALOG, VISITOR);
        Instant left = fixture.attendances.now().plusSeconds(60);
        fixture.afterSeconds(60);
        connection.dispose();
        fixture.told();
        fixture.afterSeconds(4);
        assertThat(fixture.told()).isEmpty();
        fixture.afterSeconds(2);
        assertThat(fixture.told()).containsExactly("Ada is away");
        fixture.afterSeconds(23);
        assertThat(fixture.told()).isEmpty();
        fixture.afterSeconds(2);
        List<DialogEvent> told = fixture.room.heard();
        assertThat(words(told)).containsExactly("Ada is offline");
        assertThat(((DialogEvent.Presence) told.getFirst()).lastSeen()).isEqualTo(left);
    }

    @Test
    void aPersonWithTwoTabsStaysOnlineWhenOneCloses() {
        Disposable one = people.enter(DIALOG, VISITOR);
        people.enter(DIALOG, VISITOR);
        one.dispose();
        one.dispose();
        fixture.afterSeconds(60);
        assertThat(fixture.told()).containsExactly("Ada is online");
    }

    @Test
    void aReconnectIsNoEvent() {
        Disposable first = people.enter(DIALOG, VISITOR);
        fixture.told();
        first.dispose();
        fixture.afterSeconds(4);
        people.enter(DIALOG, VISITOR);
        fixture.afterSeconds(60);
        assertThat(fixture.told()).isEmpty();
    }

    @Test
    void whoComesBackWhileAwayIsOnlineAgain() {
        people.enter(DIALOG, VISITOR).dispose();
        fixture.afterSeconds(10);
        people.enter(DIALOG, VISITOR);
        assertThat(fixture.told()).containsExactly("Ada is online", "Ada is away", "Ada is online");
    }

    @Test
    void whoPollsStaysOnlineBetweenPolls() {
        for (int i = 0; i < 10; i++) {
            people.pollBegan(DIALOG, VISITOR);
            fixture.afterSeconds(1);
            people.pollEnded(DIALOG, VISITOR);
            fixture.afterSeconds(14);
        }
        assertThat(fixture.told()).containsExactly("Ada is online");
        fixture.afterSeconds(2);
        assertThat(fixture.told()).containsExactly("Ada is away");
    }

    @Test
    void aNewcomerIsShownWhoIsHere() {
        people.enter(DIALOG, VISITOR);
        people.enter(DIALOG, ANNA);
        people.typing(DIALOG, ANNA, true);
        assertThat(words(fixture.standing())).containsExactly("Ada is online", "Anna is online", "Anna types");
    }

    @Test
    void lastSeenOutlivesTheProcess() {
        people.enter(DIALOG, VISITOR);
        fixture.afterSeconds(100);
        fixture.keepingUp.stop();
        try (PeopleFixture next = new PeopleFixture(fixture.kept)) {
            next.afterSeconds(200);
            List<DialogEvent.OfPerson> standing = next.standing();
            assertThat(words(standing)).containsExactly("Ada is offline");
            assertThat(((DialogEvent.Presence) standing.getFirst()).lastSeen())
                    .isEqualTo(Instant.parse("2026-11-21T12:01:40Z"));
            assertThat(next.told()).isEmpty();
        }
    }

    @Test
    void lastSeenOfWhoStaysIsWrittenNowAndThen() {
        people.enter(DIALOG, VISITOR);
        fixture.afterSeconds(302);
        assertThat(fixture.kept.row(DIALOG, new Person(Sender.USER, "v")).lastSeen())
                .isEqualTo(Instant.parse("2026-11-21T12:05:01Z"));
        fixture.afterSeconds(3600);
        assertThat(fixture.kept.writes).hasSize(12);
    }

    @Test
    void aStormOfReconnectsWritesNothing() {
        List<Disposable> connections = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            LongStream.rangeClosed(1, 1000).forEach(dialog -> connections.add(people.enter(dialog, VISITOR)));
            connections.forEach(Disposable::dispose);
            connections.clear();
            fixture.afterSeconds(10);
        }
        assertThat(fixture.kept.writes).isEmpty();
        assertThat(fixture.kept.reads).isZero();
    }

    @Test
    void nothingIsLeftOfThoseWhoHaveGone() {
        List<Disposable> connections = LongStream.rangeClosed(1, 3000)
                .mapToObj(dialog -> people.enter(dialog, VISITOR))
                .toList();
        assertThat(fixture.attendances.size()).isEqualTo(3000);
        fixture.standing();
        connections.forEach(Disposable::dispose);
        fixture.afterSeconds(33);
        assertThat(fixture.kept.writes).hasSize(3);
        fixture.afterSeconds(60);
        assertThat(fixture.attendances.size()).isZero();
    }

    @Test
    void aDialogThatIsAskedForIsReadOnceAMinute() {
        for (int i = 0; i < 50; i++) {
            fixture.standing();
            fixture.afterSeconds(1);
        }
        assertThat(fixture.kept.reads).isEqualTo(1);
        fixture.afterSeconds(61);
        assertThat(fixture.attendances.size()).isZero();
        fixture.standing();
        assertThat(fixture.kept.reads).isEqualTo(2);
    }

    @Test
    void whereNothingCanBeReadANewcomerIsShownWhatIsKnown() {
        fixture.kept.failure = new IllegalStateException("the database is away");
        people.enter(DIALOG, VISITOR);
        assertThat(words(fixture.standing())).containsExactly("Ada is online");
        fixture.kept.failure = null;
        fixture.standing();
        assertThat(fixture.kept.reads).isEqualTo(1);
    }
}
