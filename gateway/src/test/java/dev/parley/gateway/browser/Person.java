package dev.parley.gateway.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Somebody with a browser of its own: nothing is shared with others. What the browser complains of is kept, and so is a
 * picture of each page where it is asked for.
 */
final class Person implements AutoCloseable {

    static final double PATIENCE_MS = 30_000;

    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private final BrowserContext context;
    private final List<String> complaints = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();

    private Person(BrowserContext context) {
        this.context = context;
        context.setDefaultTimeout(PATIENCE_MS);
        context.onConsoleMessage(this::listen);
        context.onWebError(error -> complaints.add(error.error()));
    }

    static Person with(int width, int height, ColorScheme colors) {
        return new Person(Browsers.chromium()
                .newContext(new Browser.NewContextOptions().setViewportSize(width, height)
                        .setColorScheme(colors)
                        .setLocale("en-GB")));
    }

    private void listen(ConsoleMessage message) {
        if (message.type().equals("error") || message.type().equals("warning")) {
            complaints.add(message.text());
        }
    }

    /** Lets something happen in each of their pages before any script of the page's own. */
    Person with(String script) {
        context.addInitScript(script);
        return this;
    }

    Page newPage() {
        return context.newPage();
    }

    /** What the browser had to complain of: errors and warnings of its console, and what no script caught. */
    List<String> complaints() {
        return complaints.stream().filter(complaint -> expected.stream().noneMatch(complaint::contains)).toList();
    }

    /** Some complaints are no fault of the page: a browser tells its console of each request that fails. */
    void mayComplainOf(String words) {
        expected.add(words);
    }

    void loseTheNetwork() {
        mayComplainOf("ERR_INTERNET_DISCONNECTED");
        context.setOffline(true);
    }

    void findTheNetwork() {
        context.setOffline(false);
    }

    static void picture(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(SCREENSHOTS.resolve(name + ".png")));
    }

    @Override
    public void close() {
        context.close();
    }
}
