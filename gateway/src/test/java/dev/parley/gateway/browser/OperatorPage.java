package dev.parley.gateway.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.WebSocketRoute;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The operator view in an operator's hands. */
final class OperatorPage extends ChatPage {

    private OperatorPage(Page page) {
        super(page);
    }

    /** Opens a page of the operator view, which asks to log in. */
    static OperatorPage open(Person operator, String url) {
        OperatorPage view = new OperatorPage(operator.newPage());
        view.page.navigate(url);
        return view;
    }

    /** @param network what becomes of each WebSocket of the page */
    static OperatorPage open(Person operator, String url, Consumer<WebSocketRoute> network) {
        OperatorPage view = new OperatorPage(operator.newPage());
        view.page.routeWebSocket(Pattern.compile("/ws$"), network);
        view.page.navigate(url);
        return view;
    }

    OperatorPage logIn(String username, String password) {
        page.getByLabel("User name").fill(username);
        page.getByLabel("Password").fill(password);
        click("Log in");
        return this;
    }

    /** A dialog in the list of all. */
    Locator row(DemoPage demo) {
        return page.locator("#dialogs a[href$='dialog=" + dialogId(demo) + "']");
    }

    /** Waits until the dialog is the first of the list, and the list says this of it. */
    void awaitTop(DemoPage demo, String words) {
        Locator first = page.locator("#dialogs li").first();
        assertThat(first.locator("a")).hasAttribute("href", "/operator.html?dialog=" + dialogId(demo),
                new LocatorAssertions.HasAttributeOptions().setTimeout(Person.PATIENCE_MS));
        assertThat(first).containsText(words,
                new LocatorAssertions.ContainsTextOptions().setTimeout(Person.PATIENCE_MS));
    }

    static String dialogId(DemoPage demo) {
        return demo.operatorLink().replaceAll(".*=", "");
    }

    /** Waits until the page says who has the dialog. */
    void awaitHolder(String words) {
        assertThat(page.locator("#has-it")).hasText(words,
                new LocatorAssertions.HasTextOptions().setTimeout(Person.PATIENCE_MS));
    }
}
