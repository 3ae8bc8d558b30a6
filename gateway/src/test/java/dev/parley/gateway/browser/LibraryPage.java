package dev.parley.gateway.browser;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.TimeoutError;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A page of somebody who embeds the client library: it shows nothing, and remembers what the library told it. In scripts
 * {@code dialog}, {@code connection} and {@code Parley}, the library itself, are at hand.
 */
final class LibraryPage {

    /** No WebSocket can be opened, as long as {@code socketsWork} is not set. */
    static final String NO_SOCKETS = """
            const Real = WebSocket;
            window.socketsTried = 0;
            window.WebSocket = new Proxy(Real, {
              construct(target, given) {
                window.socketsTried++;
                if (window.socketsWork) {
                  return new Real(...given);
                }
                const dead = { close() {}, send() {} };
                setTimeout(() => dead.onclose({ code: 1006 }));
                return dead;
              },
            });""";

    private static final String VISIT = """
            async options => {
              window.Parley = await import(options.library);
              const { dialog, connection } = await Parley.visit({ assistantId: 1 });
              const heard = { messages: [], states: [], ends: [] };
              dialog.on('message', ({ seq, text }) => heard.messages.push(`${seq} ${text}`));
              dialog.on('end', (problem) => heard.ends.push(problem.code));
              connection.on('state', (state) => heard.states.push(state));
              Object.assign(window, { dialog, connection, heard });
            }""";

    final Page page;
    private final String address;

    private LibraryPage(Page page, String address) {
        this.page = page;
        this.address = address;
    }

    static LibraryPage of(Person person, String address) {
        return new LibraryPage(person.newPage(), address);
    }

    /** Lets something happen in the page before any script of its own. */
    LibraryPage with(String script) {
        page.addInitScript(script);
        return this;
    }

    LibraryPage open() {
        page.navigate(address + "/operator.html");
        return this;
    }

    /** Opens the page, or opens it again, and in it the visitor's dialog. */
    LibraryPage visit() {
        return open().visitFrom(address);
    }

    LibraryPage visitFrom(String gateway) {
        page.evaluate(VISIT, Map.of("library", gateway + "/parley-client.js"));
        return this;
    }

    /** What the page knows, for those who wonder why something does not come true. */
    private static final String STATE = """
            connection.state + ' by ' + connection.transport + ' ' + JSON.stringify(
                (Array.isArray(window.dialogs) ? window.dialogs : [window.dialog]).map(({ id, log }) => ({ id, cursor: log.cursor, hole: log.hasHole,
                    texts: log.messages.map(({ sender, text }) => `${sender}: ${text}`), pending: log.pending,
                    answers: log.answers })))""";

    LibraryPage awaitConnection() {
        await("['connected', 'polling'].includes(connection.state)");
        return this;
    }

    Object run(String script) {
        return page.evaluate(script);
    }

    /** Looks again and again until it is so. */
    void await(String condition) {
        try {
            page.waitForFunction("() => " + condition);
        } catch (TimeoutError tooLong) {
            throw new AssertionError(condition + " never came true; " + run(STATE), tooLong);
        }
    }

    void say(String text) {
        page.evaluate("text => dialog.send(text)", text);
    }

    String transport() {
        return String.valueOf(run("connection.transport"));
    }

    /** The messages as the page was told of them: {@code seq text}. */
    @SuppressWarnings("unchecked")
    List<String> heard() {
        return (List<String>) Objects.requireNonNull(run("heard.messages"));
    }

    /** The texts of the log. */
    @SuppressWarnings("unchecked")
    List<String> texts() {
        return (List<String>) Objects.requireNonNull(run("dialog.log.messages.map(message => message.text)"));
    }

    void awaitTexts(String... texts) {
        page.waitForFunction("texts => JSON.stringify(dialog.log.messages.map(message => message.text)) === "
                + "JSON.stringify(texts) && dialog.log.pending.length === 0", List.of(texts));
    }

    long dialogId() {
        return ((Number) Objects.requireNonNull(run("dialog.id"))).longValue();
    }
}
