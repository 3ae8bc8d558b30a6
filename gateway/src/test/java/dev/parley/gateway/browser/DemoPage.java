package dev.parley.gateway.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.WebSocketRoute;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The demo page in a visitor's hands. */
final class DemoPage extends ChatPage {

    private DemoPage(Page page) {
        super(page);
    }

    static DemoPage open(Person visitor, String address) {
        return open(new DemoPage(visitor.newPage()), address);
    }

    static DemoPage openWithoutDialog(Person visitor, String address) {
        DemoPage demo = new DemoPage(visitor.newPage());
        demo.page.navigate(address + "/");
        return demo;
    }

    /** @param network what becomes of each WebSocket of the page */
    static DemoPage open(Person visitor, String address, Consumer<WebSocketRoute> network) {
        DemoPage demo = new DemoPage(visitor.newPage());
        demo.page.routeWebSocket(Pattern.compile("/ws/"), network);
        return open(demo, address);
    }

    private static DemoPage open(DemoPage demo, String address) {
        demo.page.navigate(address + "/");
        demo.awaitConnection();
        return demo;
    }

    void reload() {
        page.reload();
        awaitConnection();
    }

    /** Where the page's own link leads: the operator view of the same dialog. */
    String operatorLink() {
        return (String) page.locator("#operator").evaluate("link => link.href");
    }
}
