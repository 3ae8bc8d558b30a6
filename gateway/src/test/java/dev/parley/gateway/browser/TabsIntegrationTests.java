package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import dev.parley.gateway.HeldAnswer;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Tabs of one visitor: where the browser can, they have one connection together. */
class TabsIntegrationTests extends InTheBrowser {

    private static final String OWN_LINES = "Object.defineProperty(navigator, 'locks', { value: undefined })";

    /** As browsers do in the background: a timer runs once a minute. */
    private static final String LATE_TIMERS = """
            for (const name of ['setTimeout', 'setInterval']) {
              const real = window[name];
              window[name] = (task, ms, ...more) => real(task, Math.max(ms, 60_000), ...more);
            }""";

    /** After eight seconds without an answer a tab is taken to hang. */
    private static final double LONGER_THAN_A_DOUBT_MS = 12_000;

    private static final String HOLDER = "navigator.locks.query().then(({ held }) => held[0]?.clientId)";

    @Test
    void twoTabsHaveOneConnectionAndShowTheSame() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address()).visit().awaitConnection();
        awaitConnections(one.page, 1);
        LibraryPage other = LibraryPage.of(visitor, address()).visit().awaitConnection();

        one.say("/say From the first");
        other.awaitTexts("/say From the first", "From the first");
        other.say("/say From the second");

        String[] all = {"/say From the first", "From the first", "/say From the second", "From the second"};
        one.awaitTexts(all);
        other.awaitTexts(all);
        assertThat(connections(one.page)).isEqualTo(1);
        assertThat(one.heard()).hasSize(4);
        assertThat(other.heard()).hasSize(4);
    }

    @Test
    void whenTheTabWithTheConnectionClosesAnotherTakesOverAndMissesNothing() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address()).visit().awaitConnection();
        LibraryPage other = LibraryPage.of(visitor, address()).visit().awaitConnection();
        try (HeldAnswer held = holdAnswer(20, 60)) {
            other.say("/long 100");
            one.await("dialog.log.answers[0]?.text.length > 30");
            other.await("dialog.log.answers[0]?.text.length > 30");

            one.page.close();

            held.goOn(20);
            other.await("dialog.log.answers[0]?.text.endsWith('word60')");
        }
        other.awaitTexts("/long 100", answerTo("/long 100"));
        other.say("/say Alone");
        other.await("dialog.log.messages.length === 4");
        assertThat(other.heard()).hasSize(4);
        awaitConnections(other.page, 1);
    }

    @Test
    void aTabThatJoinsInMidAnswerHasAllOfIt() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address()).visit().awaitConnection();
        LibraryPage other;
        try (HeldAnswer _ = holdAnswer(20)) {
            one.say("/long 100");
            one.await("dialog.log.answers[0]?.text.length > 30");

            other = LibraryPage.of(visitor, address()).visit().awaitConnection();

            other.await("dialog.log.answers[0]?.text.startsWith('word1 word2')");
        }
        one.awaitTexts("/long 100", answerTo("/long 100"));
        other.awaitTexts("/long 100", answerTo("/long 100"));
        assertThat(one.heard()).hasSize(2);
    }

    @Test
    void whenTheTabWithTheConnectionHangsAnotherTakesOverAndNothingIsLostOrRepeated() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address());
        HungTab tab = HungTab.of(one.page);
        one.visit().awaitConnection();
        LibraryPage other = LibraryPage.of(visitor, address()).visit().awaitConnection();
        LibraryPage third = LibraryPage.of(visitor, address()).visit().awaitConnection();
        try (HeldAnswer _ = holdAnswer(20)) {
            one.say("/long 100");
            other.await("dialog.log.answers[0]?.text.length > 30");

            tab.hang();
        }
        other.run("dialog.setTyping(true)");
        other.say("/say While one hangs");

        other.await("dialog.log.messages.length === 4");
        assertThat(other.texts()).containsExactlyInAnyOrder("/long 100", answerTo("/long 100"), "/say While one hangs",
                "While one hangs");
        third.await("dialog.log.messages.length === 4");
        tab.wakeUp();
        one.await("dialog.log.messages.length === 4");
        assertThat(one.texts()).isEqualTo(other.texts());
        awaitConnections(other.page, 1);
        assertThat(one.heard()).hasSize(4).isEqualTo(other.heard()).isEqualTo(third.heard());
        assertThat(tab.framesSent()).noneMatch(frame -> frame.contains("typing") || frame.contains("While one"));
    }

    @Test
    void aTabThatWakesUpFollowsTheOthersAndItsLastWordsAreStoredOnce() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address());
        HungTab tab = HungTab.of(one.page);
        one.visit().awaitConnection();
        LibraryPage other = LibraryPage.of(visitor, address()).visit().awaitConnection();
        Object before = holder(other);
        one.run("void dialog.send('/say Last words')");
        tab.hang();
        awaitOtherHolder(other, before);

        tab.wakeUp();

        one.awaitTexts("/say Last words", "Last words");
        one.say("/say Awake again");
        String[] all = {"/say Last words", "Last words", "/say Awake again", "Awake again"};
        one.awaitTexts(all);
        other.awaitTexts(all);
        awaitConnections(other.page, 1);
        assertThat(one.heard()).hasSize(4).isEqualTo(other.heard());
    }

    @Test
    void aTabInTheBackgroundWhoseTimersAreHeldBackKeepsTheConnection() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address()).with(LATE_TIMERS).visit().awaitConnection();
        LibraryPage other = LibraryPage.of(visitor, address()).visit().awaitConnection();
        Object holder = holder(other);

        other.page.waitForTimeout(LONGER_THAN_A_DOUBT_MS);

        assertThat(holder(other)).isEqualTo(holder);
        assertThat(connections(one.page)).isEqualTo(1);
    }

    @Test
    void whereABrowserHasNoLocksEachTabHasAConnectionOfItsOwn() {
        Person visitor = someone();
        LibraryPage one = LibraryPage.of(visitor, address()).with(OWN_LINES).visit().awaitConnection();
        LibraryPage other = LibraryPage.of(visitor, address()).with(OWN_LINES).visit().awaitConnection();

        awaitConnections(one.page, 2);
        one.say("/say To both");
        other.awaitTexts("/say To both", "To both");
    }

    private static Object holder(LibraryPage page) {
        return Objects.requireNonNull(page.run(HOLDER));
    }

    private static void awaitOtherHolder(LibraryPage page, Object before) {
        for (int i = 0; i < 300 && holder(page).equals(before); i++) {
            page.page.waitForTimeout(100);
        }
        assertThat(holder(page)).isNotEqualTo(before);
    }

    /** People of other tests may be leaving yet. */
    private void awaitConnections(Page page, int count) {
        for (int i = 0; i < 300 && connections(page) != count; i++) {
            page.waitForTimeout(100);
        }
        assertThat(connections(page)).isEqualTo(count);
    }

    private int connections(Page page) {
        return (int) page.request()
                .get(address() + "/actuator/prometheus")
                .text()
                .lines()
                .filter(line -> line.startsWith("parley_connections{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
