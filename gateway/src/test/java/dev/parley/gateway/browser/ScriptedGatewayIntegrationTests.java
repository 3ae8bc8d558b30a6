package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Route;
import com.microsoft.playwright.WebSocketRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client library against a gateway that says what a test wants: what a real one says only in the worst moments. */
class ScriptedGatewayIntegrationTests extends InTheBrowser {

    private static final String HELLO = "{\"type\":\"hello\",\"dialog_id\":7,\"seq\":0,\"mode\":\"ai\",\"status\":\"open\"}";

    /** Tokens as a gateway signs them, but for the signature: each ends so many seconds after it was made. */
    private static final String CONNECT = """
            async life => {
              const Parley = await import('/parley-client.js');
              window.tokens = 0;
              const token = async () => {
                const now = Math.floor(Date.now() / 1000);
                return `x.${btoa(JSON.stringify({ sub: 'me', iat: now, exp: now + life, number: ++tokens }))}.x`;
              };
              window.connection = new Parley.Connection({ audience: 'admin', token });
              window.dialog = connection.dialog(7);
              window.heard = { messages: [], ends: [] };
              dialog.on('message', ({ seq, text }) => heard.messages.push(`${seq} ${text}`));
              dialog.on('end', (problem) => heard.ends.push(problem.code));
            }""";

    private Person person;
    private LibraryPage page;
    private final List<String> received = new ArrayList<>();
    private final List<Long> opened = new ArrayList<>();
    private String history = "[]";
    private BiConsumer<WebSocketRoute, String> script = (socket, frame) -> {};

    @BeforeEach
    void openAPage() {
        person = someone();
        page = LibraryPage.of(person, address());
        page.page.routeWebSocket(Pattern.compile("/ws(/widget)?$"), this::accept);
        page.open();
        page.page.route("**/api/**", request -> answer(request, "{}"));
        page.page.route("**/api/dialogs/7",
                request -> answer(request, "{\"id\":7,\"seq\":0,\"mode\":\"ai\",\"status\":\"open\"}"));
        page.page.route("**/messages?**", request -> answer(request, "{\"messages\":%s,\"has_more\":false}".formatted(
                request.request().url().contains("after=") ? history : "[]")));
    }

    @Test
    void aHoleIsFilledFromTheHistoryAndThePageHearsAllInOrderAndOnce() {
        history = "[%s,%s,%s]".formatted(message(2), message(3), message(4));
        connect(3600, (socket, frame) -> {
            if (frame.contains("subscribe")) {
                say(socket, HELLO, message(1), message(1), message(3), message(4), message(3));
            }
        });

        page.await("heard.messages.length >= 4");

        assertThat(page.heard()).containsExactly("1 text 1", "2 text 2", "3 text 3", "4 text 4");
    }

    @Test
    void afterAResetTheRestIsReadFromTheHistory() {
        history = "[%s,%s]".formatted(message(1), message(2));
        connect(3600, (socket, frame) -> {
            if (frame.contains("subscribe")) {
                say(socket, HELLO, "{\"type\":\"reset\",\"dialog_id\":7,\"seq\":2}", message(3));
            }
        });

        page.await("heard.messages.length >= 3");

        assertThat(page.heard()).containsExactly("1 text 1", "2 text 2", "3 text 3");
    }

    @Test
    void aFreshTokenIsGivenBeforeTheOldOneEndsAndTheSocketLivesOn() {
        connect(4, (socket, frame) -> {});
        page.await("connection.state === 'connected'");

        page.await("tokens >= 3");
        awaitFrame("\"auth\"");

        assertThat(opened).hasSize(1);
        assertThat(page.run("connection.state")).isEqualTo("connected");
    }

    @Test
    void aRefusedTokenIsRenewedOnceAndThenTheStateIsError() {
        connect(3600, (socket, frame) -> socket.close(new WebSocketRoute.CloseOptions().setCode(4401)));

        page.await("connection.state === 'error'");

        assertThat(page.run("connection.problem.code")).isEqualTo("unauthorized");
        assertThat(page.run("tokens")).isEqualTo(2);
        assertThat(opened).hasSize(2);
    }

    @Test
    void whoMayNotConnectIsToldAndDoesNotComeBack() {
        connect(3600, (socket, frame) -> socket.close(new WebSocketRoute.CloseOptions().setCode(4403)));

        page.await("connection.state === 'error'");

        assertThat(page.run("connection.problem.code")).isEqualTo("forbidden");
        assertThat(opened).hasSize(1);
    }

    @Test
    void aDialogThatIsRefusedEndsAndTheConnectionStays() {
        connect(3600, (socket, frame) -> {
            if (frame.contains("subscribe")) {
                say(socket, "{\"type\":\"error\",\"dialog_id\":7,\"code\":\"not_found\",\"title\":\"Not found\"}");
            }
        });

        page.await("heard.ends.length === 1");

        assertThat(page.run("heard.ends")).isEqualTo(List.of("not_found"));
        assertThat(page.run("connection.state")).isEqualTo("connected");
    }

    @Test
    void afterAGoodbyeItComesBackWhenItWasTold() {
        connect(3600, (socket, frame) -> {
            if (frame.contains("subscribe") && opened.size() == 1) {
                say(socket, HELLO, "{\"type\":\"goodbye\",\"dialog_id\":7,\"reconnect_after_ms\":2500}");
            }
        });

        page.await("connection.state === 'reconnecting'");
        page.await("connection.state === 'connected'");

        assertThat(opened).hasSize(2);
        assertThat(opened.get(1) - opened.get(0)).isGreaterThanOrEqualTo(2500);
    }

    @Test
    void anAnswerThatNobodyTellsOfAfterAReconnectIsOver() {
        connect(3600, (socket, frame) -> {
            if (frame.contains("subscribe")) {
                say(socket, HELLO);
                if (opened.size() == 1) {
                    say(socket,
                            "{\"type\":\"answer_delta\",\"dialog_id\":7,\"request_id\":\"r\",\"offset\":0,\"text\":\"Well\"}");
                }
            } else if (frame.contains("typing")) {
                socket.close(new WebSocketRoute.CloseOptions().setCode(1012));
            }
        });
        page.await("dialog.log.answers[0]?.text === 'Well'");

        page.run("dialog.setTyping(true)");

        page.await("connection.statistics.websocket.connects === 2");
        page.await("dialog.log.answers.length === 0");
    }

    @Test
    void whereTooManyHaveComeFromItsAddressItWaitsAsItIsTold() {
        person.mayComplainOf("status of 429");
        List<Long> asked = new ArrayList<>();
        page.page.route("**/api/widget/dialogs", request -> {
            asked.add(System.currentTimeMillis());
            if (asked.size() == 1) {
                request.fulfill(new Route.FulfillOptions().setStatus(429).setContentType("application/problem+json")
                        .setBody("{\"code\":\"rate_limited\",\"retry_after_ms\":2500}"));
            } else {
                answer(request, "{\"dialog_id\":7,\"visitor_token\":\"x.e30.x\",\"seq\":0}");
            }
        });

        page.run("""
                async () => {
                  const Parley = await import('/parley-client.js');
                  Object.assign(window, await Parley.visit({ assistantId: 1 }));
                }""");

        assertThat(page.run("dialog.id")).isEqualTo(7);
        assertThat(asked).hasSize(2);
        assertThat(asked.get(1) - asked.get(0)).isGreaterThanOrEqualTo(2500);
    }

    /** @param onFrame what happens when a frame of the client has come; pings are answered */
    private void connect(int tokenLife, BiConsumer<WebSocketRoute, String> onFrame) {
        script = onFrame;
        page.page.evaluate(CONNECT, tokenLife);
    }

    private void accept(WebSocketRoute socket) {
        opened.add(System.currentTimeMillis());
        socket.onMessage(frame -> {
            received.add(frame.text());
            if (frame.text().contains("\"ping\"")) {
                socket.send("{\"type\":\"pong\"}");
            }
            script.accept(socket, frame.text());
        });
    }

    private void awaitFrame(String part) {
        for (int i = 0; i < 300 && received.stream().noneMatch(frame -> frame.contains(part)); i++) {
            page.page.waitForTimeout(100);
        }
        assertThat(received).anyMatch(frame -> frame.contains(part));
    }

    private static void say(WebSocketRoute socket, String... frames) {
        List.of(frames).forEach(socket::send);
    }

    private static String message(int seq) {
        return "{\"type\":\"message\",\"dialog_id\":7,\"seq\":%1$d,\"id\":%1$d,\"sender\":\"user\",\"text\":\"text %1$d\"}"
                .formatted(seq);
    }

    private static void answer(Route request, String json) {
        request.fulfill(new Route.FulfillOptions().setContentType("application/json").setBody(json));
    }
}
