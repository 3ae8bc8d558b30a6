package dev.parley.gateway.presence;

import static dev.parley.gateway.presence.PeopleFixture.ANNA;
import static dev.parley.gateway.presence.PeopleFixture.DIALOG;
import static dev.parley.gateway.presence.PeopleFixture.VISITOR;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;

class TypingTests {

    private final PeopleFixture fixture = new PeopleFixture();
    private final People people = fixture.people;
    private Disposable connection = Disposables.disposed();

    @BeforeEach
    void follow() {
        connection = people.enter(DIALOG, VISITOR);
        fixture.told();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void typingEndsByItselfAfterSixSeconds() {
        people.typing(DIALOG, VISITOR, true);
        fixture.after(java.time.Duration.ofMillis(5_900));
        assertThat(fixture.told()).containsExactly("Ada types");
        fixture.after(java.time.Duration.ofMillis(400));
        assertThat(fixture.told()).containsExactly("Ada stops");
        fixture.afterSeconds(60);
        assertThat(fixture.told()).isEmpty();
    }

    @Test
    void whoTypesOnIsToldOfOnce() {
        for (int i = 0; i < 10; i++) {
            people.typing(DIALOG, VISITOR, true);
            fixture.afterSeconds(5);
        }
        assertThat(fixture.told()).containsExactly("Ada types");
        fixture.afterSeconds(2);
        assertThat(fixture.told()).containsExactly("Ada stops");
    }

    @Test
    void typingEndsWithTheMessage() {
        people.typing(DIALOG, VISITOR, true);
        people.spoke(DIALOG, VISITOR, 1);
        assertThat(fixture.told()).containsExactly("Ada types", "Ada stops");
    }

    @Test
    void typingEndsWithTheLastConnection() {
        Disposable second = people.enter(DIALOG, VISITOR);
        people.typing(DIALOG, VISITOR, true);
        second.dispose();
        assertThat(fixture.told()).containsExactly("Ada types");
        connection.dispose();
        assertThat(fixture.told()).containsExactly("Ada stops");
    }

    @Test
    void whoPollsTypesOnBetweenPolls() {
        connection.dispose();
        people.pollBegan(DIALOG, VISITOR);
        people.typing(DIALOG, VISITOR, true);
        people.pollEnded(DIALOG, VISITOR);
        assertThat(fixture.told()).containsExactly("Ada types");
    }

    @Test
    void twoPeopleTypeEachForThemselves() {
        people.typing(DIALOG, VISITOR, true);
        people.typing(DIALOG, ANNA, true);
        people.typing(DIALOG, VISITOR, false);
        assertThat(fixture.told()).containsExactly("Ada types", "Anna types", "Anna is online", "Ada stops");
    }

    @Test
    void stoppingWhatHadNotBegunIsNoNews() {
        people.typing(DIALOG, VISITOR, false);
        people.spoke(DIALOG, ANNA, 1);
        assertThat(fixture.told()).isEmpty();
    }
}
