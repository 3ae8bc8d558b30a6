package dev.parley.gateway.browser;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What the demo page and the operator view have in common: a conversation, a box to write in, a connection. */
abstract class ChatPage {

    private static final LocatorAssertions.HasTextOptions PATIENTLY = new LocatorAssertions.HasTextOptions()
            .setTimeout(Person.PATIENCE_MS);
    private static final double LOOK_AGAIN_MS = 30;

    private static final String LINES = """
            items => items.map(item => item.classList.contains('event')
              ? '* ' + item.querySelector('span').textContent
              : item.querySelector('.who').textContent + ': ' + item.querySelector('.text').textContent)""";

    final Page page;

    ChatPage(Page page) {
        this.page = page;
    }

    void awaitConnection() {
        assertThat(page.locator("#connection")).hasText("connected", PATIENTLY);
    }

    void awaitConnectionLost() {
        assertThat(page.locator("#connection")).not().hasText("connected", PATIENTLY);
    }

    /** Writes and sends, with the keyboard as most people do. */
    void write(String text) {
        page.locator("#text").fill(text);
        page.locator("#text").press("Enter");
    }

    /** Waits until the gateway has stored everything that was written here. */
    void awaitStored() {
        assertThat(page.locator(".message.own .delivery").last()).hasText(Pattern.compile("^(sent|delivered|read)$"),
                PATIENTLY);
    }

    /** Waits until the newest message that was written here has come so far. */
    void awaitDelivery(String words) {
        assertThat(page.locator(".message.own .delivery").last()).hasText(words, PATIENTLY);
    }

    /** Waits until the page says so of those who are here. */
    void awaitPresence(String words) {
        assertThat(page.locator("#presence")).hasText(words, PATIENTLY);
    }

    void click(String button) {
        button(button).click();
    }

    Locator button(String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /** The conversation as one reads it: {@code name: text}, and {@code * text} for what has happened. */
    @SuppressWarnings("unchecked")
    List<String> conversation() {
        return (List<String>) Objects.requireNonNull(page.locator("#messages > li").evaluateAll(LINES));
    }

    /** Waits until the conversation reads so, and nothing grows any more. */
    void awaitConversation(List<String> lines) {
        awaitThat(() -> conversation().equals(lines) && !isAnswerGrowing());
        assertThat(conversation()).isEqualTo(lines);
    }

    /** Waits for a line of the conversation, and returns it. */
    String awaitLine(Predicate<String> wanted) {
        awaitThat(() -> conversation().stream().anyMatch(wanted));
        return conversation().stream()
                .filter(wanted)
                .findFirst()
                .orElseThrow(() -> new AssertionError("not among " + conversation()));
    }

    void awaitLine(String line) {
        awaitLine(line::equals);
    }

    boolean isAnswerGrowing() {
        return page.locator(".message.growing").count() > 0;
    }

    /** Waits until the growing answer has more text than so many characters, and returns what is there then. */
    String awaitGrowth(int length) {
        Locator text = page.locator(".message.growing .text");
        awaitThat(() -> text.count() == 1 && text.innerText().length() > length);
        return text.innerText();
    }

    void awaitNothingGrows() {
        awaitThat(() -> !isAnswerGrowing());
        assertThat(isAnswerGrowing()).isFalse();
    }

    /** Waits until this line has an answer, and all of it. */
    void awaitAnswerTo(String line) {
        awaitThat(() -> {
            List<String> lines = conversation();
            return lines.contains(line) && !lines.getLast().equals(line) && !isAnswerGrowing();
        });
        assertThat(conversation().getLast()).isNotEqualTo(line);
    }

    /** What the page says is wrong, which it has to say. */
    String trouble() {
        page.locator("#trouble").waitFor();
        return page.locator("#trouble").innerText();
    }

    void picture(String name) {
        Person.picture(page, name);
    }

    /** Looks again and again until it is so, or patience is at its end; then the caller's assertion tells. */
    void awaitThat(BooleanSupplier isSo) {
        Instant end = Instant.now().plus(Duration.ofMillis((long) Person.PATIENCE_MS));
        while (!isSo.getAsBoolean() && Instant.now().isBefore(end)) {
            page.waitForTimeout(LOOK_AGAIN_MS);
        }
    }
}
