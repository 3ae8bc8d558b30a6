package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Route;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What becomes of messages that are written and cannot be sent at once. */
class UnsentMessagesIntegrationTests extends InTheBrowser {

    private static final String POSTS = "**/messages";
    private static final Pattern CARRIERS = Pattern.compile("/(sse|poll)/");
    private static final String TOO_LONG = "dialog.send('x'.repeat(3000))";

    @Test
    void theySurviveAReloadAndAreStoredOnce() {
        Person visitor = someone();
        visitor.mayComplainOf("ERR_FAILED");
        LibraryPage page = LibraryPage.of(visitor, address()).with(LibraryPage.NO_SOCKETS);
        AtomicBoolean network = new AtomicBoolean();
        AtomicInteger untold = new AtomicInteger();
        page.page.route(POSTS, post -> {
            if (network.get()) {
                post.resume();
            } else {
                post.fetch(); // it is stored, and nobody is told so
                untold.incrementAndGet();
                post.abort();
            }
        });
        page.page.route(CARRIERS, Route::abort);
        page.visit();
        page.say("/say first");
        page.run("dialog.send('/say second')");
        page.page.waitForCondition(() -> untold.get() > 0);
        page.await("dialog.log.pending[0]?.state === 'waiting'");

        network.set(true);
        page.page.unroute(CARRIERS);
        page.visit().awaitConnection();

        page.await("dialog.log.messages.length === 4");
        assertThat(page.texts()).startsWith("/say first").contains("/say second", "first", "second");
        assertThat(page.run("dialog.log.pending")).isEqualTo(List.of());
        assertThat(page.run("JSON.stringify(localStorage).includes('/say')")).isEqualTo(false);
    }

    @Test
    void theyAreStoredInTheOrderInWhichTheyWereWritten() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS);
        page.visit().awaitConnection();
        page.run("dialog.handOff()"); // so that nobody answers in between
        page.run("for (let i = 0; i < 12; i++) dialog.send(`message ${i}`)");

        page.await("dialog.log.pending.length === 0");

        assertThat(page
                .run("dialog.log.messages.filter(({ sender }) => sender === 'user').map(({ text }) => text).join()"))
                .isEqualTo(page.run("[...Array(12).keys()].map((i) => `message ${i}`).join()"));
    }

    @Test
    void oneThatIsRefusedForGoodIsMarkedAndHoldsUpNoOther() {
        Person visitor = someone();
        visitor.mayComplainOf("413");
        LibraryPage page = LibraryPage.of(visitor, address());
        page.visit().awaitConnection();

        page.run(TOO_LONG);
        page.say("/say Short enough");

        page.await("dialog.log.messages.length === 2 && dialog.log.pending[0].state === 'failed'");
        assertThat(page.run("dialog.log.pending[0].problem.code")).isEqualTo("too_large");
        page.visit().awaitConnection();
        page.await("dialog.log.pending[0]?.state === 'failed'");
        page.run("dialog.retry(dialog.log.pending[0].id)");
        page.await("dialog.log.pending[0].state === 'failed'");
        page.run("dialog.discard(dialog.log.pending[0].id)");
        page.visit().awaitConnection();
        assertThat(page.run("dialog.log.pending")).isEqualTo(List.of());
        assertThat(page.texts()).containsExactly("/say Short enough", "Short enough");
    }

    @Test
    void whoSendsTooMuchWaitsAsLongAsTheGatewaySays() {
        Person visitor = someone();
        visitor.mayComplainOf("429");
        LibraryPage page = LibraryPage.of(visitor, address()).with(LibraryPage.NO_SOCKETS);
        AtomicInteger posts = new AtomicInteger();
        page.page.route(POSTS, post -> {
            if (posts.incrementAndGet() == 1) {
                post.fulfill(new Route.FulfillOptions().setStatus(429).setContentType("application/problem+json")
                        .setBody("{\"status\":429,\"code\":\"rate_limited\",\"retry_after_ms\":1500}"));
            } else {
                post.resume();
            }
        });
        page.visit().awaitConnection();

        page.run(
                "window.began = Date.now(); void dialog.on('message', () => { window.took ??= Date.now() - began; });");
        page.say("/say Later");

        page.awaitTexts("/say Later", "Later");
        assertThat((Integer) page.run("took")).isGreaterThanOrEqualTo(1500);
        assertThat(posts).hasValue(2);
    }
}
