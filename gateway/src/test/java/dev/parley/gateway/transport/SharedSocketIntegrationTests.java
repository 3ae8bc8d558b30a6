package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.gateway.dialog.Rooms;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** Many dialogs over one WebSocket. */
class SharedSocketIntegrationTests extends Conversations {

    @Autowired
    private Rooms rooms;

    @Test
    void anOperatorFollowsManyDialogsOverOneSocket() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket socket = operators()) {
            subscribe(socket, ada, "0");
            subscribe(socket, ben, "0");
            socket.await("hello", of(ben));
            say(ada, "I am Ada");
            say(ben, "I am Ben");
            assertThat(text(socket.await("message", of(ada)))).isEqualTo("I am Ada");
            assertThat(text(socket.await("message", of(ben)))).isEqualTo("I am Ben");
        }
    }

    @Test
    void whatIsSaidGoesToTheDialogThatIsNamed() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket socket = operators(); TestSocket visitor = widget(ben, "")) {
            subscribe(socket, ada, null);
            subscribe(socket, ben, null);
            socket.await("hello", of(ben));
            socket.send("{\"type\":\"message\",\"dialog_id\":%d,\"client_msg_id\":\"op\",\"text\":\"to Ben\"}"
                    .formatted(ben.dialogId()));
            assertThat(socket.await("ack").path("dialog_id").asLong()).isEqualTo(ben.dialogId());
            visitor.awaitMessage("to Ben");
        }
    }

    @Test
    void aDialogThatIsNotFollowedAnyMoreIsSilent() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        int before = rooms.size();
        try (TestSocket socket = operators()) {
            subscribe(socket, ada, null);
            subscribe(socket, ben, null);
            socket.await("hello", of(ben));
            socket.send("{\"type\":\"unsubscribe\",\"dialog_id\":%d}".formatted(ada.dialogId()));
            socket.await("unsubscribed", of(ada));
            say(ada, "unheard");
            say(ben, "heard");
            socket.await("message", of(ben));
            assertThat(socket.frames("message")).noneMatch(of(ada));
            socket.send("{\"type\":\"typing_start\",\"dialog_id\":%d}".formatted(ada.dialogId()));
            assertThat(socket.await("error").path("code").asString()).isEqualTo("bad_request");
        }
        Awaitility.await().until(() -> rooms.size() <= before);
    }

    @Test
    void whoSubscribesAgainBeginsWhereItSays() throws Exception {
        Opened ada = visitor();
        say(ada, "first");
        try (TestSocket socket = operators()) {
            subscribe(socket, ada, "0");
            socket.awaitMessage("first");
            subscribe(socket, ada, "0");
            Awaitility.await().until(() -> socket.frames("hello").size() == 2
                    && socket.frames("message").stream().filter(frame -> text(frame).equals("first")).count() == 2);
        }
    }

    @Test
    void aVisitorFollowsItsOwnDialogsAndNobodyElses() throws Exception {
        Opened ada = visitor();
        Opened stranger = visitor();
        try (TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", ada.token())) {
            subscribe(socket, ada, null);
            assertThat(socket.await("hello").path("audience").asString()).isEqualTo("widget");
            subscribe(socket, stranger, "0");
            JsonNode refused = socket.await("error", of(stranger));
            assertThat(refused.path("code").asString()).isEqualTo("not_found");
            assertThat(socket.isOpen()).isTrue();
        }
    }

    @Test
    void wrongSubscriptionsAreRefusedByName() throws Exception {
        Opened ada = visitor();
        try (TestSocket socket = operators()) {
            subscribe(socket, ada, "17");
            assertThat(socket.await("error").path("detail").asString()).startsWith("since:");
            socket.send("{\"type\":\"subscribe\"}");
            assertThat(socket.await("error", frame -> frame.path("code").asString().equals("bad_frame"))
                    .path("detail").asString()).startsWith("dialog_id:");
            socket.send("{\"type\":\"subscribe\",\"dialog_id\":\"seven\"}");
            socket.await("error", frame -> frame.path("detail").asString().equals("dialog_id: expected a number"));
            socket.send("{\"type\":\"subscribe\",\"dialog_id\":%d,\"echo\":\"yes\"}".formatted(ada.dialogId()));
            socket.await("error", frame -> frame.path("detail").asString().startsWith("echo:"));
        }
    }

    @Test
    void aSocketOfOneDialogIsOfNoOther() throws Exception {
        Opened ada = visitor();
        Opened ben = visitor();
        try (TestSocket socket = operator(ada.dialogId(), operatorToken())) {
            subscribe(socket, ben, null);
            assertThat(socket.await("error").path("code").asString()).isEqualTo("bad_frame");
            socket.send("{\"type\":\"typing_start\",\"dialog_id\":%d}".formatted(ben.dialogId()));
            socket.await("error", frame -> frame.path("detail").asString().startsWith("dialog_id:"));
        }
    }

    @Test
    void oneSocketFollowsFiveHundredDialogsAndNoMore() throws Exception {
        Opened ada = visitor();
        List<Opened> dialogs = dialogsOf(ada, 501);
        try (TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", ada.token())) {
            dialogs.forEach(dialog -> subscribe(socket, dialog, null));
            JsonNode refused = socket.await("error");
            assertThat(refused.path("code").asString()).isEqualTo("too_many_connections");
            assertThat(refused.path("dialog_id").asLong()).isEqualTo(dialogs.getLast().dialogId());
            assertThat(socket.frames("hello")).hasSize(500);
        }
    }

    @Test
    void whoComesBackToFiveHundredDialogsAtOnceIsHeldUpByNoLimit() throws Exception {
        Opened ada = visitor();
        List<Opened> dialogs = dialogsOf(ada, 500);
        try (TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", ada.token())) {
            dialogs.forEach(dialog -> subscribe(socket, dialog, "0"));
            Awaitility.await().atMost(TIMEOUT).until(() -> socket.frames("hello").size() == 500);
            dialogs.forEach(dialog -> socket.send("{\"type\":\"receipt\",\"dialog_id\":%d,\"delivered_seq\":0}"
                    .formatted(dialog.dialogId())));
            socket.send("{\"type\":\"ping\"}");
            socket.await("pong");
            assertThat(socket.frames("error")).isEmpty();
        }
    }

    @Test
    void theInboxTellsOfEveryChangeAndOfNewDialogs() throws Exception {
        Opened ada = visitor();
        String token = operatorToken();
        try (TestSocket socket = TestSocket.open(address(), "/ws", token)) {
            socket.send("{\"type\":\"subscribe\",\"inbox\":true}");
            assertThat(socket.await("hello").path("inbox").asBoolean()).isTrue();
            say(ada, "anybody there?");
            assertThat(socket.await("dialog_updated", of(ada)).path("dialog").path("seq").asLong()).isPositive();
            Opened ben = visitor();
            socket.await("dialog_updated", of(ben));
            json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(ada.dialogId()), token), 200);
            JsonNode taken = socket.await("dialog_updated",
                    frame -> frame.path("dialog").path("mode").asString().equals("human")).path("dialog");
            assertThat(taken.path("id").asLong()).isEqualTo(ada.dialogId());
            assertThat(taken.path("assignee").path("name").asString()).isNotEmpty();
        }
    }

    @Test
    void visitorsHaveNoInbox() throws Exception {
        try (TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", visitor().token())) {
            socket.send("{\"type\":\"subscribe\",\"inbox\":true}");
            assertThat(socket.await("error").path("code").asString()).isEqualTo("forbidden");
        }
    }

    @Test
    void aSharedSocketWantsATokenOfItsAudience() {
        assertThatThrownBy(() -> TestSocket.open(address(), "/ws", visitor().token()))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(WebSocketHandshakeException.class,
                        refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(401));
    }

    private TestSocket operators() throws Exception {
        return TestSocket.open(address(), "/ws", operatorToken());
    }

    private static List<Opened> dialogsOf(Opened visitor, int count) {
        DATABASE.execute("""
                insert into dialogs (assistant_id, visitor_id)
                select 1, d.visitor_id from dialogs d, generate_series(1, %d) where d.id = %d"""
                .formatted(count, visitor.dialogId()));
        return await(DATABASE.client()
                .sql("""
                        select id from dialogs where id <> $1
                        and visitor_id = (select visitor_id from dialogs where id = $1)""")
                .bind("$1", visitor.dialogId())
                .map(row -> new Opened(Objects.requireNonNull(row.get("id", Long.class)), visitor.token()))
                .all()
                .collectList());
    }

    private void say(Opened visitor, String words) {
        post(visitor, clientMsgId(), words, 201);
    }

    private static void subscribe(TestSocket socket, Opened dialog, @Nullable String since) {
        socket.send("{\"type\":\"subscribe\",\"dialog_id\":%d%s}".formatted(dialog.dialogId(),
                since == null ? "" : ",\"since\":\"" + since + "\""));
    }

    private static Predicate<JsonNode> of(Opened dialog) {
        return frame -> frame.path("dialog_id").asLong() == dialog.dialogId();
    }

    private static String text(JsonNode message) {
        return message.path("text").asString();
    }
}
