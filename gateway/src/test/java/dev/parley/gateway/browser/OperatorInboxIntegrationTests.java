package dev.parley.gateway.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import org.junit.jupiter.api.Test;

/** The operators' list of dialogs is right by itself, whatever happens in the dialogs. */
class OperatorInboxIntegrationTests extends InTheBrowser {

    private static final String FOCUSED = "document.activeElement.getAttribute('href')";

    @Test
    void theNewestActivityIsAtTheTopWithWhatIsUnread() {
        OperatorPage list = operatorAt(address() + "/operator.html");
        list.awaitConnection();
        DemoPage one = DemoPage.open(someone(), address());
        DemoPage other = DemoPage.open(someone(), address());
        list.awaitTop(other, "0 messages");

        one.write("/say Hello");
        list.awaitTop(one, "2 messages 2 unread");
        other.write("/say Good evening");
        list.awaitTop(other, "2 messages 2 unread");
        list.picture("inbox");
        Accessibility.check(list.page);

        list.row(other).click();
        list.awaitLine("Parley: Good evening");
        other.awaitDelivery("read");
        list.page.locator("#all").click();
        list.awaitTop(other, "2 messages");
        assertThat(list.row(other).locator(".unread").count()).isZero();
        assertThat(list.row(one)).containsText("2 unread");
    }

    @Test
    void whoAsksForAHumanIsMarkedAndCalledOutOnce() {
        OperatorPage list = operatorAt(address() + "/operator.html");
        list.awaitConnection();
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");
        list.awaitTop(demo, "2 messages");

        demo.click("Ask for a human");

        list.awaitTop(demo, "needs a human");
        String call = "Visitor, dialog " + OperatorPage.dialogId(demo) + " needs a human";
        Locator calls = list.page.locator("#announcer p");
        list.awaitThat(() -> calls.allInnerTexts().contains(call));
        demo.write("Please");
        list.awaitTop(demo, "4 messages");
        assertThat(calls.allInnerTexts()).containsOnlyOnce(call);
        assertThat(list.page.title()).matches("\\([1-9]\\d*\\) Parley: operator view");
        list.picture("inbox-urgent");
    }

    @Test
    void theFocusStaysWithItsDialogWhenTheListIsInAnotherOrder() {
        DemoPage one = DemoPage.open(someone(), address());
        DemoPage other = DemoPage.open(someone(), address());
        OperatorPage list = operatorAt(address() + "/operator.html");
        list.awaitTop(other, "0 messages");
        list.row(other).focus();

        one.write("/say Hello");
        list.awaitTop(one, "2 messages");

        assertThat((String) list.page.evaluate(FOCUSED)).endsWith("dialog=" + OperatorPage.dialogId(other));
        list.page.keyboard().press("Enter");
        list.awaitHolder("Parley, the assistant, has this dialog.");
    }

    @Test
    void whereNoSocketGetsThroughTheListIsReadAgain() {
        OperatorPage list = OperatorPage.open(someone().with(LibraryPage.NO_SOCKETS), address() + "/operator.html")
                .logIn("admin", PASSWORD);
        assertThat(list.page.locator("#connection")).hasText("connected (slow network)",
                new LocatorAssertions.HasTextOptions().setTimeout(Person.PATIENCE_MS));

        DemoPage demo = DemoPage.open(someone(), address());
        list.awaitTop(demo, "0 messages");
        demo.write("/say Hello");

        list.awaitTop(demo, "2 messages 2 unread");
    }

    @Test
    void twoTabsOfAnOperatorAreBothRight() {
        Person operator = someone();
        OperatorPage one = OperatorPage.open(operator, address() + "/operator.html").logIn("admin", PASSWORD);
        one.awaitConnection();
        OperatorPage other = OperatorPage.open(operator, address() + "/operator.html").logIn("admin", PASSWORD);
        other.awaitConnection();

        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");

        one.awaitTop(demo, "2 messages 2 unread");
        other.awaitTop(demo, "2 messages 2 unread");
        one.page.close();
        demo.write("/say Hello again");
        other.awaitTop(demo, "4 messages 4 unread");
    }
}
