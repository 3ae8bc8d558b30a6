package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** A socket's messages do not wait for the commit of the one before, and are in the order in which they were sent. */
// So that what a test holds is not given up on meanwhile.
@TestPropertySource(properties = "parley.database.statement-timeout=1m")
class MessagesUnderWayIntegrationTests extends Conversations {

    /** As in the gateway. */
    private static final int MOST_UNDER_WAY = 32;

    @Autowired
    private MeterRegistry meters;

    private Opened ada = new Opened(0, "");
    private Opened other = new Opened(0, "");

    @BeforeEach
    void meet() {
        ada = visitor();
        other = anotherOf(ada);
    }

    @Test
    void messagesDoNotWaitForTheCommitOfTheOneBefore() throws Throwable {
        try (TestSocket socket = shared(ada, other)) {
            whileHeld(ada, () -> {
                say(socket, ada, 0, 20);
                say(socket, other, "o", "/say meanwhile");
                socket.await("ack", of(other));
                assertThat(socket.frames("ack")).noneMatch(frame -> of(ada, frame));
            });
            awaitAcks(socket, ada, 20);
        }
        List<WrittenLog.Row> log = WrittenLog.ofPeople(DATABASE, ada);
        assertThat(log).extracting(WrittenLog.Row::clientMsgId).containsExactlyElementsOf(ids(0, 20));
        assertThat(log.subList(1, 20)).extracting(WrittenLog.Row::commit)
                .as("what came while the first was being written")
                .containsOnly(log.get(1).commit());
    }

    @Test
    void noMoreThanTheBoundAreUnderWayAndNothingIsLost() throws Throwable {
        try (TestSocket socket = shared(ada, other)) {
            whileHeld(ada, () -> {
                say(socket, ada, 0, MOST_UNDER_WAY - 1);
                say(socket, other, "within", "/say meanwhile");
                socket.await("ack", of(other));
                say(socket, ada, MOST_UNDER_WAY - 1, 100);
                say(socket, other, "beyond", "/say later");
            });
            awaitAcks(socket, ada, 100);
            awaitAck(socket, "beyond");
            assertThat(acked(socket, ada)).containsExactlyElementsOf(ids(0, 100));
        }
        List<WrittenLog.Row> log = WrittenLog.ofPeople(DATABASE, ada);
        assertThat(log).extracting(WrittenLog.Row::clientMsgId).containsExactlyElementsOf(ids(0, 100));
        Map<String, Integer> commits = new HashMap<>();
        log.forEach(row -> commits.merge(row.commit(), 1, Integer::sum));
        assertThat(commits.values()).allMatch(size -> size <= MOST_UNDER_WAY);
    }

    @Test
    void whatIsNoMessageWaitsUntilAllBeforeItAreStored() throws Throwable {
        try (TestSocket socket = shared(ada, other)) {
            whileHeld(ada, () -> {
                say(socket, ada, 0, 3);
                say(socket, other, "o", "/say meanwhile");
                socket.send("{\"type\":\"nonsense\"}");
                socket.send("{\"type\":\"request_human\",\"dialog_id\":%d}".formatted(other.dialogId()));
                socket.await("ack", of(other));
                assertThat(socket.frames("error")).isEmpty();
                assertThat(WrittenLog.kinds(DATABASE, other)).doesNotContain("human_requested");
            });
            socket.await("human_requested", of(other));
            List<String> types = socket.frames().stream().map(TestSocket::type)
                    .filter(type -> List.of("ack", "error", "human_requested").contains(type)).toList();
            assertThat(types).containsExactly("ack", "ack", "ack", "ack", "error", "human_requested");
        }
    }

    @Test
    void aMessageThatIsRefusedIsNamedAndStopsNoOther() throws Exception {
        json(request(HttpMethod.POST, "/api/dialogs/%d/close".formatted(other.dialogId()), admin()), 200);
        try (TestSocket socket = shared(ada, other)) {
            say(socket, ada, 0, 2);
            say(socket, other, "closed", "/say never");
            say(socket, ada, "", "/say without a name");
            say(socket, ada, 2, 4);
            awaitAcks(socket, ada, 4);
            assertThat(socket.await("error", of(other)).path("client_msg_id").asString()).isEqualTo("closed");
            assertThat(socket.await("error", frame -> of(ada, frame)).path("code").asString()).isEqualTo("bad_request");
            assertThat(acked(socket, ada)).containsExactlyElementsOf(ids(0, 4));
        }
        assertThat(WrittenLog.names(DATABASE, ada)).containsExactlyElementsOf(ids(0, 4));
    }

    @Test
    void whatIsUnderWayWhenTheSocketBreaksIsStoredOnce() throws Throwable {
        whileHeld(ada, () -> {
            try (TestSocket socket = shared(ada, other)) {
                say(socket, ada, 0, 10);
                say(socket, other, "o", "/say meanwhile");
                socket.await("ack", of(other));
            }
            awaitNobody();
        });
        try (TestSocket again = shared(ada, other)) {
            say(again, ada, 0, 12);
            awaitAcks(again, ada, 12);
            assertThat(acked(again, ada)).containsExactlyElementsOf(ids(0, 12));
        }
        assertThat(WrittenLog.names(DATABASE, ada)).containsExactlyElementsOf(ids(0, 12));
        awaitNobody();
    }

    @Test
    void anOperatorsMessagesStayInOrderWhenTheFirstTakesTheDialogOver() throws Exception {
        try (TestSocket operator = operator(ada.dialogId(), operatorToken())) {
            operator.await("hello");
            ids(0, 20).forEach(id -> operator.message(id, "words of " + id));
            awaitAcks(operator, ada, 20);
            assertThat(acked(operator, ada)).containsExactlyElementsOf(ids(0, 20));
        }
        assertThat(WrittenLog.kinds(DATABASE, ada)).startsWith("handoff_started", "message").hasSize(21);
        assertThat(WrittenLog.names(DATABASE, ada)).containsExactlyElementsOf(ids(0, 20));
    }

    @Test
    void anOperatorsMessagesDoNotWaitEitherWhereItHasTakenTheDialogOver() throws Throwable {
        try (TestSocket operator = TestSocket.open(address(), "/ws", operatorToken())) {
            for (Opened dialog : List.of(ada, other)) {
                send(operator, dialog, "subscribe", "");
                say(operator, dialog, "first", "I am here");
            }
            awaitAcks(operator, other, 1);
            whileHeld(ada, () -> {
                say(operator, ada, 0, 10);
                say(operator, other, "o", "meanwhile");
                awaitAck(operator, "o");
                assertThat(acked(operator, ada)).containsExactly("first");
            });
            awaitAcks(operator, ada, 11);
        }
        assertThat(WrittenLog.said(DATABASE, ada).subList(1, 12)).startsWith("first", "m0").endsWith("m9");
        assertThat(WrittenLog.names(DATABASE, ada)).endsWith(ids(0, 10).toArray(String[]::new));
    }

    @Test
    void anOperatorsMessagesStayInOrderWhoeverGivesTheDialogBackMeanwhile() throws Exception {
        String path = "/api/dialogs/%d/handoff".formatted(ada.dialogId());
        String administrator = admin();
        try (TestSocket operator = operator(ada.dialogId(), operatorToken())) {
            operator.await("hello");
            operator.message("first", "I am here");
            operator.await("ack");
            // The first time before all of them, then while some are under way.
            for (int i = 0; i < 100; i += 10) {
                json(request(HttpMethod.DELETE, path, administrator), 200);
                ids(i, i + 10).forEach(id -> operator.message(id, "words of " + id));
                awaitAck(operator, "m" + i);
            }
            awaitAcks(operator, ada, 101);
            List<Long> seqs = acks(operator, ada).stream().map(ack -> ack.path("seq").asLong()).toList();
            assertThat(seqs).isSorted().doesNotHaveDuplicates();
            assertThat(operator.frames("error")).isEmpty();
        }
        assertThat(WrittenLog.said(DATABASE, ada)).startsWith("handoff_started", "first", "handoff_ended",
                "handoff_started", "m0");
        assertThat(WrittenLog.names(DATABASE, ada).stream().skip(1))
                .containsExactlyElementsOf(ids(0, 100));
    }

    /** All that a client may send, in many dialogs over one socket, without waiting for anything. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverIsSentStandsWhereItWasSent(long seed) throws Exception {
        Random random = new Random(seed);
        List<Opened> dialogs = List.of(ada, other, anotherOf(ada), anotherOf(ada));
        Map<Opened, List<String>> expected = new HashMap<>();
        int messages = 0;
        try (TestSocket socket = shared(dialogs.toArray(Opened[]::new))) {
            for (int i = 0; i < 150; i++) {
                Opened dialog = dialogs.get(random.nextInt(dialogs.size()));
                List<String> log = expected.computeIfAbsent(dialog, unknown -> new ArrayList<>());
                switch (random.nextInt(12)) {
                    case 0 -> send(socket, dialog, "typing_start", "");
                    case 1 -> send(socket, dialog, "typing_stop", "");
                    case 2 -> send(socket, dialog, "cancel", ",\"request_id\":\"nobody's\"");
                    case 3 -> send(socket, dialog, "receipt", ",\"delivered_seq\":0");
                    case 4 -> {
                        send(socket, dialog, "request_human", "");
                        if (!log.contains("human_requested")) {
                            log.add("human_requested");
                        }
                    }
                    default -> {
                        log.add("m" + messages);
                        say(socket, dialog, "m" + messages++, "/say " + i);
                    }
                }
            }
            int sent = messages;
            Awaitility.await().atMost(TIMEOUT).until(() -> socket.frames("ack").size() == sent);
            assertThat(socket.frames("error")).isEmpty();
            send(socket, ada, "ping", "");
            socket.await("pong");
            expected.forEach((dialog, log) -> {
                assertThat(WrittenLog.said(DATABASE, dialog)).containsExactlyElementsOf(log);
                List<Long> seqs = acks(socket, dialog).stream().map(ack -> ack.path("seq").asLong()).toList();
                assertThat(seqs).isSorted().doesNotHaveDuplicates();
            });
        }
        // Nobody needs their answers.
        String operator = operatorToken();
        dialogs.forEach(dialog -> json(
                request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(dialog.dialogId()), operator), 200));
    }

    private static void whileHeld(Opened dialog, Executable work) throws Throwable {
        HeldDialog.during(DATABASE, dialog.dialogId(), work);
    }

    private TestSocket shared(Opened... dialogs) throws Exception {
        TestSocket socket = TestSocket.open(address(), "/ws/widget?assistant_id=1", dialogs[0].token());
        for (Opened dialog : dialogs) {
            send(socket, dialog, "subscribe", "");
        }
        Awaitility.await().atMost(TIMEOUT).until(() -> socket.frames("hello").size() == dialogs.length);
        return socket;
    }

    /** Another dialog of the same visitor. */
    private static Opened anotherOf(Opened visitor) {
        return await(DATABASE.client()
                .sql("""
                        insert into dialogs (assistant_id, visitor_id)
                        select 1, visitor_id from dialogs where id = $1 returning id""")
                .bind("$1", visitor.dialogId())
                .map(row -> new Opened(Objects.requireNonNull(row.get("id", Long.class)), visitor.token()))
                .one());
    }

    private static void send(TestSocket socket, Opened dialog, String type, String more) {
        socket.send("{\"type\":\"%s\",\"dialog_id\":%d%s}".formatted(type, dialog.dialogId(), more));
    }

    private static void say(TestSocket socket, Opened dialog, String clientMsgId, String text) {
        send(socket, dialog, "message", ",\"client_msg_id\":\"%s\",\"text\":\"%s\"".formatted(clientMsgId, text));
    }

    private static void say(TestSocket socket, Opened dialog, int from, int to) {
        ids(from, to).forEach(id -> say(socket, dialog, id, "/say " + id));
    }

    private static List<String> ids(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "m" + i).toList();
    }

    private static List<JsonNode> acks(TestSocket socket, Opened dialog) {
        return socket.frames("ack").stream().filter(frame -> of(dialog, frame)).toList();
    }

    private static List<String> acked(TestSocket socket, Opened dialog) {
        return acks(socket, dialog).stream().map(ack -> ack.path("client_msg_id").asString()).toList();
    }

    private static void awaitAcks(TestSocket socket, Opened dialog, int count) {
        Awaitility.await().atMost(TIMEOUT).until(() -> acks(socket, dialog).size() == count);
    }

    private static void awaitAck(TestSocket socket, String clientMsgId) {
        socket.await("ack", frame -> frame.path("client_msg_id").asString().equals(clientMsgId));
    }

    private void awaitNobody() {
        Awaitility.await().atMost(TIMEOUT).untilAsserted(() -> assertThat(
                meters.get("parley.connections").tag("audience", "widget").gauge().value()).isZero());
    }

    private static java.util.function.Predicate<JsonNode> of(Opened dialog) {
        return frame -> of(dialog, frame);
    }

    private static boolean of(Opened dialog, JsonNode frame) {
        return frame.path("dialog_id").asLong() == dialog.dialogId();
    }
}
