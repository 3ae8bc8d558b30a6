package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.WebSocketRoute;
import dev.parley.gateway.HeldAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which transport the client library takes where not every one works, and how it changes between them. */
class TransportChoiceIntegrationTests extends InTheBrowser {

    private static final Pattern SOCKETS = Pattern.compile("/ws");
    private static final String STREAMS = "**/sse/**";
    private static final String POLLS = "**/poll/**";

    @Test
    void whereNoSocketCanBeOpenedStreamsCarry() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS);
        List<String> asked = requests(page, "/sse/");

        page.visit().awaitConnection();
        page.say("/say Over a stream");

        page.awaitTexts("/say Over a stream", "Over a stream");
        assertThat(page.transport()).isEqualTo("sse");
        assertThat(page.run("connection.state")).isEqualTo("connected");
        assertThat(asked.getFirst()).contains("fallback_from=websocket");
    }

    @Test
    void whereStreamsAreMuteAsWellPollsCarryAndThatIsRemembered() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS);
        page.page.route(STREAMS, stream -> {});
        List<String> asked = requests(page, "/poll/");

        page.visit().awaitConnection();
        try (HeldAnswer _ = holdAnswer(20)) {
            page.say(LONG);
            page.await("dialog.log.answers[0]?.text.length > 30");
        }
        page.awaitTexts(LONG, answerTo(LONG));

        assertThat(page.run("connection.state")).isEqualTo("polling");
        assertThat(asked.getFirst()).contains("fallback_from=sse");
        assertThat(page.run("connection.statistics.sse.falls")).isEqualTo(1);
        page.visit().awaitConnection();
        assertThat(page.run("[connection.transport, socketsTried]")).isEqualTo(List.of("poll", 0));
    }

    @Test
    void aSocketThatOpensAndSaysNothingIsLeft() {
        LibraryPage page = LibraryPage.of(someone(), address());
        page.page.routeWebSocket(SOCKETS, socket -> {});

        page.visit().awaitConnection();

        assertThat(page.transport()).isEqualTo("sse");
    }

    @Test
    void socketsThatDieTwiceAtOnceAreLeft() {
        LibraryPage page = LibraryPage.of(someone(), address());
        AtomicInteger sockets = new AtomicInteger();
        page.page.routeWebSocket(SOCKETS, socket -> {
            sockets.incrementAndGet();
            socket.connectToServer().onMessage(frame -> {
                socket.send(frame.text());
                if (frame.text().contains("\"hello\"")) {
                    socket.close(new WebSocketRoute.CloseOptions().setCode(3000));
                }
            });
        });

        page.visit();
        page.await("connection.transport === 'sse'");

        assertThat(sockets).hasValue(2);
    }

    @Test
    void onAnotherNetworkASocketIsTakenAgainAndNothingIsLost() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS);
        page.visit().awaitConnection();
        assertThat(page.transport()).isEqualTo("sse");
        try (HeldAnswer _ = holdAnswer(20)) {
            page.say("/long 100");
            page.await("dialog.log.answers[0]?.text.length > 30");

            page.run("socketsWork = true; heard.states = []; dispatchEvent(new Event('online'))");

            page.await("connection.transport === 'websocket'");
        }
        assertThat(page.run("heard.states")).isEqualTo(List.of("connected"));
        page.awaitTexts("/long 100", answerTo("/long 100"));
        assertThat(page.heard()).hasSize(2);
    }

    @Test
    void manyDialogsShareOneSocket() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS).with("socketsWork = true");

        page.visit().awaitConnection();
        openMore(page, 9);
        page.run("dialogs.forEach((one, number) => one.send(`/say ${number}`))");
        page.await("dialogs.every((one, number) => one.log.messages[1]?.text === `${number}`)");

        assertThat(page.run("socketsTried")).isEqualTo(1);
        assertThat(page.transport()).isEqualTo("websocket");
    }

    @Test
    void moreDialogsThanABrowserHasConnectionsArePolledInTurn() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS);

        page.visit().awaitConnection();
        openMore(page, 6);
        page.await("connection.state === 'polling'");
        page.run("dialogs.forEach((one, number) => one.send(`/say ${number}`))");

        page.await("dialogs.every((one, number) => one.log.messages[1]?.text === `${number}`)");
    }

    @Test
    void anAnswerCanBeStoppedWithoutASocket() {
        LibraryPage page = LibraryPage.of(someone(), address()).with(LibraryPage.NO_SOCKETS).visit().awaitConnection();
        try (HeldAnswer _ = holdAnswer(20)) {
            page.say(LONG);
            page.await("dialog.log.answers[0]?.text.length > 30");

            page.run("dialog.stopAnswers()");

            page.await("dialog.log.messages[1]?.state === 'cancelled'");
        }
    }

    @Test
    void aPollWhoseAnswerIsLostIsAskedAgain() {
        Person visitor = someone();
        visitor.mayComplainOf("ERR_FAILED");
        LibraryPage page = LibraryPage.of(visitor, address()).with(LibraryPage.NO_SOCKETS);
        AtomicInteger lost = new AtomicInteger();
        page.page.route(STREAMS, stream -> {});
        page.page.route(POLLS, poll -> {
            if (poll.request().url().contains("wait=25") && lost.incrementAndGet() == 1) {
                poll.fetch(); // it is answered, and the answer never comes
                poll.abort();
            } else {
                poll.resume();
            }
        });
        page.visit().awaitConnection();

        page.say("/say Lost and found");

        page.awaitTexts("/say Lost and found", "Lost and found");
        assertThat(page.heard()).hasSize(2);
        assertThat(lost).hasPositiveValue();
    }

    private static void openMore(LibraryPage page, int count) {
        page.page.evaluate("""
                async count => {
                  const [key] = Object.keys(localStorage).filter(key => key.startsWith('parley.visit'));
                  const { token } = JSON.parse(localStorage[key]);
                  window.dialogs = [dialog];
                  for (let i = 0; i < count; i++) {
                    const body = { assistant_id: 1, client_dialog_id: `more${i}` };
                    const { dialog_id: id } = await Parley.request('POST', '/api/widget/dialogs', { token, body });
                    dialogs.push(connection.dialog(id));
                  }
                }""", count);
    }

    private static List<String> requests(LibraryPage page, String path) {
        List<String> urls = new ArrayList<>();
        page.page.onRequest(request -> {
            if (request.url().contains(path)) {
                urls.add(request.url());
            }
        });
        return urls;
    }
}
