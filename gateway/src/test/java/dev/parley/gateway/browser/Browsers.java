package dev.parley.gateway.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A real browser for tests: one Chromium for this JVM, started on first use and ended with it. Each person of a test has a
 * context of its own in it ({@link Person}). Playwright is for one thread at a time, so these tests are in one lane.
 */
final class Browsers {

    /** Chromium is used by itself: it looks for nothing on the network. */
    private static final List<String> FLAGS = List.of("--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-default-apps", "--disable-domain-reliability", "--no-pings", "--metrics-recording-only",
            "--disable-features=OptimizationHints,MediaRouter,Translate");

    private Browsers() {}

    /** The browser of this JVM. Blocks while it starts, and for some minutes where it has to be installed first. */
    static Browser chromium() {
        return Started.BROWSER;
    }

    private static final class Started {

        static final Browser BROWSER = start();

        private static Browser start() {
            Path executable = Chromium.executable();
            Playwright playwright = Playwright.create(
                    new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            Runtime.getRuntime().addShutdownHook(new Thread(playwright::close, "browser-stop"));
            return playwright.chromium()
                    .launch(new BrowserType.LaunchOptions().setExecutablePath(executable).setArgs(FLAGS));
        }
    }
}
