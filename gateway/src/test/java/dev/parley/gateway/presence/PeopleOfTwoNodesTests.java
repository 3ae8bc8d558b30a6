package dev.parley.gateway.presence;

import static dev.parley.gateway.presence.PeopleFixture.ANNA;
import static dev.parley.gateway.presence.PeopleFixture.DIALOG;
import static dev.parley.gateway.presence.PeopleFixture.VISITOR;
import static dev.parley.gateway.presence.PeopleFixture.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Two nodes' people of one dialog, with a clock that a test turns. */
class PeopleOfTwoNodesTests {

    private final VirtualTimeScheduler clock = PeopleFixture.clock();
    private final BusInMemory fromA = new BusInMemory(1);
    private final BusInMemory fromB = new BusInMemory(2);
    private final PeopleFixture a = new PeopleFixture(new KeptInMemory(), clock, fromA);
    private final PeopleFixture b = new PeopleFixture(new KeptInMemory(), clock, fromB);

    @BeforeEach
    void connect() {
        fromA.other = b;
        fromB.other = a;
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
    }

    private void afterSeconds(long seconds) {
        clock.advanceTimeBy(Duration.ofSeconds(seconds));
    }

    @Test
    void whoComesAndGoesOverOneNodeIsSeenOnTheOther() {
        Disposable connection = a.people.enter(DIALOG, VISITOR);
        assertThat(b.told()).containsExactly("Ada is online");
        assertThat(words(b.standing())).containsExactly("Ada is online");
        afterSeconds(600);
        assertThat(b.told()).isEmpty();
        connection.dispose();
        afterSeconds(31);
        assertThat(b.told()).containsExactly("Ada is away", "Ada is offline");
        assertThat(a.told()).containsExactly("Ada is online", "Ada is away", "Ada is offline");
    }

    @Test
    void aNodeThatHasJustBegunToListenLearnsWhoIsThere() {
        fromA.isCut = true;
        a.people.enter(DIALOG, VISITOR);
        a.people.typing(DIALOG, VISITOR, true);
        a.mark(VISITOR, 9L, 8L);
        afterSeconds(1);
        fromA.isCut = false;
        assertThat(b.standing()).isEmpty();
        fromB.ask(DIALOG);
        afterSeconds(1);
        assertThat(words(b.standing())).containsExactly("Ada is online", "Ada types", "user v has 9, read 8");
    }

    @Test
    void aPersonWithTabsOnTwoNodesIsOnlineUntilBothAreGone() {
        Disposable one = a.people.enter(DIALOG, VISITOR);
        Disposable other = b.people.enter(DIALOG, VISITOR);
        one.dispose();
        afterSeconds(120);
        assertThat(a.told()).containsExactly("Ada is online");
        assertThat(b.told()).containsExactly("Ada is online");
        other.dispose();
        afterSeconds(31);
        assertThat(a.told()).containsExactly("Ada is away", "Ada is offline");
        assertThat(b.told()).containsExactly("Ada is away", "Ada is offline");
    }

    @Test
    void thePeopleOfANodeThatWasKilledGoOfflineWithinAMinute() {
        a.people.enter(DIALOG, VISITOR);
        afterSeconds(100);
        fromA.isCut = true;
        afterSeconds(29);
        assertThat(b.told()).containsExactly("Ada is online");
        afterSeconds(31);
        assertThat(b.told()).containsExactly("Ada is offline");
    }

    @Test
    void whoeverComesBackOverAnotherNodeIsNotSeenToHaveGone() {
        a.people.enter(DIALOG, VISITOR);
        fromA.isCut = true;
        b.people.enter(DIALOG, VISITOR);
        afterSeconds(300);
        assertThat(b.told()).containsExactly("Ada is online");
    }

    @Test
    void whatWasLostOnTheWayIsPutRightByTheBeat() {
        fromA.isCut = true;
        a.people.enter(DIALOG, VISITOR);
        afterSeconds(10);
        fromA.isCut = false;
        assertThat(b.told()).isEmpty();
        afterSeconds(21);
        assertThat(b.told()).containsExactly("Ada is online");
    }

    @Test
    void typingEndsByItselfWhereItsNodeIsNotHeardAnyMore() {
        a.people.enter(DIALOG, VISITOR);
        for (int i = 0; i < 5; i++) {
            a.people.typing(DIALOG, VISITOR, true);
            afterSeconds(4);
        }
        assertThat(b.told()).containsExactly("Ada is online", "Ada types");
        fromA.isCut = true;
        a.people.typing(DIALOG, VISITOR, true);
        afterSeconds(3);
        assertThat(b.told()).containsExactly("Ada stops");
    }

    @Test
    void whoStopsTypingOnOneNodeStopsOnBoth() {
        a.people.enter(DIALOG, VISITOR);
        a.people.typing(DIALOG, VISITOR, true);
        b.people.typing(DIALOG, VISITOR, false);
        afterSeconds(1);
        assertThat(a.told()).containsExactly("Ada is online", "Ada types", "Ada stops");
        assertThat(b.told()).containsExactly("Ada is online", "Ada types", "Ada stops");
    }

    @Test
    void marksNeverGoBackWhicheverNodeHeardThem() {
        a.mark(VISITOR, 9L, 7L);
        afterSeconds(1);
        b.mark(VISITOR, 5L, 5L);
        afterSeconds(1);
        b.mark(VISITOR, 8L, 8L);
        afterSeconds(1);
        assertThat(a.told()).containsExactly("user v has 9, read 7", "user v has 9, read 8");
        assertThat(b.told()).containsExactly("user v has 9, read 7", "user v has 9, read 8");
    }

    @Test
    void thePeopleOfANodeThatStopsAreAwayUntilTheyComeBack() {
        a.people.enter(DIALOG, VISITOR);
        afterSeconds(60);
        b.told();
        a.keepingUp.stop();
        afterSeconds(1);
        assertThat(b.told()).containsExactly("Ada is away");
        afterSeconds(31);
        assertThat(b.told()).containsExactly("Ada is offline");
    }

    @Test
    void nothingIsLeftOfThoseWhoWereOnlyHeardOf() {
        Disposable connection = a.people.enter(DIALOG, VISITOR);
        a.people.enter(DIALOG, ANNA).dispose();
        afterSeconds(600);
        assertThat(b.attendances.size()).isOne();
        connection.dispose();
        afterSeconds(120);
        assertThat(a.attendances.size()).isZero();
        assertThat(b.attendances.size()).isZero();
    }
}
