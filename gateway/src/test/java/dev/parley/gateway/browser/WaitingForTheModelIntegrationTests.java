package dev.parley.gateway.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.WebSocketRoute;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.parley.gateway.HeldAnswer;
import dev.parley.gateway.dialog.Handoffs;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/**
 * What the pages say while there is no model that could answer. The gateway has one; what it tells of answers is kept from the
 * pages, and the tests tell them something else.
 */
class WaitingForTheModelIntegrationTests extends InTheBrowser {

    private static final String WAKING = "Parley is waking up. This can take a minute or two.";
    private static final String AWAY = "Parley cannot be reached at the moment. A colleague has been asked, "
            + "and Parley will answer when it can.";
    private static final String KEPT = "The assistant cannot be reached at the moment. Your message is kept, "
            + "and a colleague has been asked.";
    private static final String ASKED = "* The assistant cannot answer at the moment; a human was asked for";
    private static final LocatorAssertions.HasTextOptions PATIENTLY = new LocatorAssertions.HasTextOptions()
            .setTimeout(Person.PATIENCE_MS);
    private static final Pattern PROMISE = Pattern.compile("\"answer\":\\{\"request_id\":\"([^\"]+)\"[^}]*}");

    @Autowired
    private Handoffs handoffs;

    private @Nullable WebSocketRoute line;
    private @Nullable String requestId;
    private boolean isRefused;

    @Test
    void whoAsksAModelThatIsBeingLoadedIsToldSoOnceAndInPlaceOfThePlace() {
        try (HeldAnswer _ = holdAnswer(1)) {
            DemoPage demo = ask(someone());

            tell(demo, "answer_queued", "\"position\":2,\"phase\":\"loading\"");
            awaitNote(demo, WAKING);
            tell(demo, "answer_queued", "\"position\":1,\"phase\":\"loading\"");
            tell(demo, "answer_queued", "\"position\":1");
            awaitNote(demo, "Your answer is next.");
            tell(demo, "answer_started", "\"position\":0");
            awaitNote(demo, "Parley is thinking…");
            tell(demo, "answer_queued", "\"position\":1,\"phase\":\"loading\"");
            awaitNote(demo, WAKING);
            demo.picture("demo-waking");

            assertThat(demo.button("Stop the answer")).isVisible();
            awaitAnnouncement(demo, WAKING);
        }
    }

    @Test
    void whoAsksWhileTheModelIsAwayIsToldWhatHappensNowAndReadsTheAnswerLater() {
        try (HeldAnswer _ = holdAnswer(1)) {
            DemoPage demo = ask(someone());

            tell(demo, "answer_queued", "\"position\":1,\"phase\":\"unavailable\"");
            awaitNote(demo, AWAY);
            awaitAnnouncement(demo, AWAY);
            needHuman(demo);
            demo.awaitLine(ASKED);
            assertThat(demo.button("A human was asked for")).isDisabled();
            demo.picture("demo-away");
            Accessibility.check(demo.page);

            tell(demo, "answer_started", "\"position\":0");
            tell(demo, "answer_delta", "\"offset\":0,\"text\":\"Here I am again, and\"");
            demo.awaitGrowth(SOME / 2);
            assertThat(demo.page.locator(".message.growing .note")).isHidden();
        }
    }

    @Test
    void whoseAnswerIsRefusedForLackOfAModelIsToldThatTheMessageIsKeptAndMayAskAgain() {
        isRefused = true;
        Person visitor = someone(360, 640, ColorScheme.DARK);
        visitor.mayComplainOf("status of 503");
        try (HeldAnswer _ = holdAnswer(1)) {
            DemoPage demo = ask(visitor);
            Locator words = demo.page.locator("#unanswered-words");
            assertThat(words).hasText(KEPT, PATIENTLY);
            awaitAnnouncement(demo, KEPT);
            needHuman(demo);
            demo.awaitLine(ASKED);
            demo.picture("demo-refused");
            Accessibility.check(demo.page);
            demo.page.route("**/answers", request -> request.fulfill(new Route.FulfillOptions().setStatus(503)
                    .setContentType("application/problem+json")
                    .setBody("{\"code\":\"model_unavailable\",\"retry_after_ms\":5000}")));

            demo.click("Try again");

            assertThat(demo.trouble())
                    .isEqualTo("The assistant cannot be reached at the moment. Try again in 5 seconds.");
            assertThat(words).hasText(KEPT);
            assertThat(demo.button("Try again")).isEnabled();
        }
    }

    @Test
    void operatorsAreToldWhatIsTheMatterAndNotThatTheVisitorAskedForThem() {
        DemoPage demo = DemoPage.open(someone(), address());
        demo.write("/say Hello");
        demo.awaitLine("Parley: Hello");
        OperatorPage list = operatorAt(address() + "/operator.html");
        list.awaitConnection();
        OperatorPage view = OperatorPage.open(someone(), demo.operatorLink(), this::keepAnswersBack)
                .logIn("admin", PASSWORD);
        view.awaitLine("Parley: Hello");
        requestId = "one";

        tell(demo, "answer_queued", "\"position\":1,\"phase\":\"loading\"");
        awaitNote(view, "Parley is waking up: its model is being loaded. This can take a minute or two.");
        tell(demo, "answer_queued", "\"position\":1,\"phase\":\"unavailable\"");
        String words = "Parley cannot answer: its model cannot be reached. The answer comes when it can, "
                + "unless you take over.";
        awaitNote(view, words);
        needHuman(demo);

        view.awaitHolder("Parley, the assistant, has this dialog. A human was asked for.");
        view.awaitLine(ASKED);
        view.awaitThat(() -> announcements(view).contains(words));
        assertThat(announcements(view)).containsOnlyOnce(words);
        view.picture("operator-away");
        Accessibility.check(view.page);
        list.awaitTop(demo, "needs a human");
        list.picture("operator-list-away");
    }

    /** The page of a visitor who has asked something. */
    private DemoPage ask(Person visitor) {
        DemoPage demo = DemoPage.open(visitor, address(), this::keepAnswersBack);
        demo.write(LONG);
        demo.awaitStored();
        // The message may come before the ack, and frames pass only while the browser is waited for.
        demo.page.waitForCondition(() -> requestId != null,
                new Page.WaitForConditionOptions().setTimeout(Person.PATIENCE_MS));
        return demo;
    }

    private void keepAnswersBack(WebSocketRoute socket) {
        line = socket;
        WebSocketRoute gateway = socket.connectToServer();
        gateway.onMessage(frame -> {
            if (!frame.text().contains("\"type\":\"answer_")) {
                socket.send(promised(frame.text()));
            }
        });
    }

    /** Remembers which answer an ack promises, or makes a refusal of it. */
    private String promised(String frame) {
        Matcher promise = PROMISE.matcher(frame);
        if (!promise.find()) {
            return frame;
        }
        requestId = promise.group(1);
        return isRefused
                ? promise.replaceFirst("\"answer_refused\":{\"code\":\"model_unavailable\",\"retry_after_ms\":5000}")
                : frame;
    }

    private void tell(DemoPage demo, String type, String news) {
        Objects.requireNonNull(line)
                .send("{\"type\":\"%s\",\"dialog_id\":%s,\"request_id\":\"%s\",\"in_reply_to\":1,%s}".formatted(type,
                        OperatorPage.dialogId(demo), requestId, news));
    }

    private void needHuman(DemoPage demo) {
        handoffs.needHuman(Long.parseLong(OperatorPage.dialogId(demo))).block();
    }

    private static void awaitNote(ChatPage page, String words) {
        assertThat(page.page.locator(".message.growing .note")).hasText(words, PATIENTLY);
    }

    private static List<String> announcements(ChatPage page) {
        return page.page.locator("#announcer p").allInnerTexts();
    }

    /** Waits until those who hear the page have heard this, and nothing else. */
    private static void awaitAnnouncement(ChatPage page, String words) {
        assertThat(page.page.locator("#announcer p")).hasText(new String[]{words}, PATIENTLY);
    }
}
