package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Who is here, and how far each has received and read: the library tells the gateway, and the pages show it. */
class PresenceAndReceiptsIntegrationTests extends InTheBrowser {

    /** The page is there, and nobody looks at it before {@code look()}. */
    private static final String UNSEEN = """
            let isHidden = true;
            Object.defineProperty(document, 'hidden', { get: () => isHidden });
            window.look = () => {
              isHidden = false;
              document.dispatchEvent(new Event('visibilitychange'));
            };""";

    private static final Pattern STREAMS = Pattern.compile("/sse/");

    @Test
    void anOwnMessageIsSentThenDeliveredThenRead() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");
        demo.awaitLine("Parley: Hello");
        demo.awaitDelivery("sent");

        OperatorPage view = OperatorPage.open(someone().with(UNSEEN), demo.operatorLink()).logIn("admin", PASSWORD);
        demo.awaitDelivery("delivered");
        view.page.evaluate("look()");
        demo.awaitDelivery("read");
        view.write("Good morning");
        demo.awaitLine("admin: Good morning");
        view.awaitDelivery("read");

        demo.reload();
        demo.awaitDelivery("read");
        Accessibility.check(demo.page);
        Accessibility.check(view.page);
        demo.picture("demo-read");
        view.picture("operator-read");
    }

    @Test
    void theHeaderSaysWhoIsHereAndWhoWas() {
        DemoPage demo = DemoPage.open(someone(), address());
        assertThat(demo.page.locator("#presence").isVisible()).isFalse();

        OperatorPage view = operatorAt(demo.operatorLink());
        demo.awaitPresence("admin is online");
        view.awaitPresence("The visitor is online");
        demo.page.close();
        view.awaitPresence("The visitor is away");

        assertThat((String) view.page.evaluate("""
                async () => {
                  const { presenceWords } = await import('/pages/presence.js');
                  const seen = (sender, sender_name, status, hours) => ({ sender, sender_name, status,
                    last_seen: new Date(new Date().setHours(hours, 5)).toISOString() });
                  return presenceWords([seen('user', undefined, 'offline', 9), seen('user', 'Ada', 'offline', 8),
                    seen('manager', 'Bob', 'away', 7), seen('manager', 'Eve', 'offline', 6)], 'manager', 'The visitor');
                }""")).isEqualTo("Bob is away, The visitor was last seen 09:05");
    }

    @Test
    void manyMessagesAreOneReceiptAlsoWhereItTakesARequest() {
        Person visitor = someone();
        visitor.mayComplainOf("ERR_FAILED");
        DemoPage demo = DemoPage.open(visitor, address());
        OperatorPage view = operatorAt(demo.operatorLink());
        view.awaitConnection();
        visitor.with(LibraryPage.NO_SOCKETS);
        demo.page.navigate("about:blank");
        for (int i = 1; i <= 9; i++) {
            view.write("Number " + i);
        }
        view.awaitDelivery("sent");
        List<String> receipts = new ArrayList<>();
        demo.page.onRequest(request -> {
            if (request.url().endsWith("/receipts")) {
                receipts.add(request.postData());
            }
        });
        demo.page.route(STREAMS, stream -> stream.abort());

        demo.page.navigate(address());

        view.awaitDelivery("read");
        assertThat(receipts).isNotEmpty().hasSizeLessThan(5);
        assertThat(receipts.getLast()).contains("\"read_seq\":10");
    }

    @Test
    void aDialogThatThePageDoesNotShowIsDeliveredAndNotRead() {
        LibraryPage page = LibraryPage.of(someone(), address()).visit().awaitConnection();
        page.run("dialog.isShown = false");
        OperatorPage view = operatorAt(address() + "/operator.html?dialog=" + page.dialogId());

        view.write("Are you there?");

        view.awaitDelivery("delivered");
        page.await("dialog.log.people[0]?.sender_name === 'admin' && dialog.log.people[0].status === 'online'");
        page.run("dialog.isShown = true");
        view.awaitDelivery("read");
    }
}
