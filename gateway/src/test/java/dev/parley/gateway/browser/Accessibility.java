package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** What everybody needs of a page: names for all controls, texts that can be read, no scrolling sideways. */
final class Accessibility {

    /** A control without a name, in the words in which Playwright tells of the tree that screen readers see. */
    private static final Pattern NAMELESS = Pattern
            .compile("(?m)^\\s*- (button|link|textbox|combobox|checkbox|heading)( \\[[^]]*])*:?$");

    private static final String CONTRAST = read("/browser/contrast.js");

    private Accessibility() {}

    static void check(Page page) {
        String tree = page.locator("body").ariaSnapshot();
        assertThat(NAMELESS.matcher(tree).results().map(found -> found.group().strip()))
                .as("controls without a name in %s", tree)
                .isEmpty();
        assertThat((List<?>) Objects.requireNonNull(page.evaluate(CONTRAST))).as("texts that are too pale").isEmpty();
        assertThat((Boolean) page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))
                .as("everything is within the width of the page")
                .isTrue();
    }

    private static String read(String resource) {
        try (InputStream stream = Objects.requireNonNull(Accessibility.class.getResourceAsStream(resource))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
