package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.ColorScheme;
import dev.parley.gateway.HeldAnswer;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Whoever uses the pages, by whatever means, in whatever script. */
class PagesForEverybodyIntegrationTests extends InTheBrowser {

    @Test
    void foreignTextStaysText() {
        DemoPage demo = DemoPage.open(someone(), address());
        String hostile = "<img src=x onerror=\"document.title='caught'\"><b>bold</b>";

        demo.write("/say " + hostile);

        demo.awaitLine("Parley: " + hostile);
        assertThat(demo.page.locator("#messages img, #messages b").count()).isZero();
        assertThat(demo.page.title()).doesNotContain("caught");
    }

    @Test
    void textFromRightToLeftAndEmojiAreShownAsTheyAre() {
        DemoPage demo = DemoPage.open(someone(), address());

        demo.write("/say مرحبا بالعالم 👩‍👩‍👧‍👦");
        demo.awaitLine("Parley: مرحبا بالعالم 👩‍👩‍👧‍👦");

        assertThat(demo.page.locator(".message.assistant .text")
                .evaluate("text => getComputedStyle(text).direction")).isEqualTo("rtl");
    }

    @Test
    void everythingCanBeDoneWithTheKeyboardAlone() {
        DemoPage demo = DemoPage.open(someone(), address());
        Keys visitor = new Keys(demo.page);
        try (HeldAnswer _ = holdAnswer(20)) {
            visitor.type(LONG).press("Enter");
            demo.awaitGrowth(0);
            visitor.tabTo("Stop the answer").press("Enter");
            demo.awaitNothingGrows();
        }
        visitor.awaitFocusOn("Your message");
        visitor.tabTo("Ask for a human").press("Space");
        demo.awaitLine("* A human was asked for");
        visitor.awaitFocusOn("Your message");

        OperatorPage view = OperatorPage.open(someone(), demo.operatorLink());
        Keys operator = new Keys(view.page);
        operator.tabTo("User name").type("admin").press("Tab").type(PASSWORD).press("Enter");
        view.awaitConnection();
        operator.tabTo("Take over").press("Enter");
        view.awaitHolder("You have this dialog.");
        operator.awaitFocusOn("Your reply to the visitor").type("Typed").press("Enter");

        demo.awaitLine("admin: Typed");
    }

    @Test
    void thePagesCanBeReadInLightAndDarkAndOnAPhone() {
        for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            String name = colors.name().toLowerCase(Locale.ROOT);
            look(someone(1100, 800, colors), "desk-" + name);
            look(someone(360, 640, colors), "phone-" + name);
        }
    }

    private void look(Person person, String name) {
        DemoPage demo = DemoPage.open(person, address());
        demo.write("What can I do here?");
        demo.awaitAnswerTo("You: What can I do here?");
        demo.write("/say " + "unbreakable".repeat(30) + " 🙂");
        demo.awaitLine("Parley: " + "unbreakable".repeat(30) + " 🙂");
        try (HeldAnswer _ = holdAnswer(20)) {
            demo.write(LONG);
            demo.awaitGrowth(SOME);
            demo.click("Stop the answer");
            demo.awaitNothingGrows();
        }
        demo.click("Ask for a human");
        demo.awaitLine("* A human was asked for");
        Accessibility.check(demo.page);
        demo.picture("demo-" + name);

        OperatorPage view = OperatorPage.open(person, demo.operatorLink());
        Accessibility.check(view.page);
        view.picture("login-" + name);
        view.logIn("admin", PASSWORD);
        view.awaitConnection();
        view.awaitLine("* A human was asked for");
        Accessibility.check(view.page);
        view.picture("operator-" + name);
        view.page.locator("#all").click();
        view.row(demo).waitFor();
        Accessibility.check(view.page);
        view.picture("list-" + name);
    }
}
