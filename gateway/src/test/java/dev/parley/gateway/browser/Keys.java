package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;

/** A person who has a keyboard and no mouse. */
final class Keys {

    private static final int ONCE_AROUND = 30;

    private static final String FOCUSED = """
            () => {
              const at = document.activeElement;
              return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent.trim();
            }""";

    private static final String IS_FOCUSED = "name => name === (" + FOCUSED + ")()";

    private final Page page;

    Keys(Page page) {
        this.page = page;
    }

    Keys press(String key) {
        page.keyboard().press(key);
        return this;
    }

    Keys type(String text) {
        page.keyboard().type(text);
        return this;
    }

    /** Goes on with Tab until the control of this name has the focus. */
    Keys tabTo(String name) {
        for (int i = 0; i < ONCE_AROUND && !name.equals(focused()); i++) {
            press("Tab");
        }
        assertThat(focused()).isEqualTo(name);
        return this;
    }

    /** Waits until the page itself has put the focus there, as it has to where the control that had it is gone. */
    Keys awaitFocusOn(String name) {
        page.waitForFunction(IS_FOCUSED, name);
        return this;
    }

    private Object focused() {
        return page.evaluate(FOCUSED);
    }
}
