package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpMethod;
import tools.jackson.databind.JsonNode;

/** How far each has come in reading: over REST, and as others see it on each transport. */
class ReceiptsIntegrationTests extends Conversations {

    private void receipt(String base, Opened dialog, String token, Map<String, Object> marks, int status) {
        json(request(HttpMethod.POST, "%s/%d/receipts".formatted(base, dialog.dialogId()), token).bodyValue(marks),
                status);
    }

    private void read(Opened visitor, long seq) {
        receipt("/api/widget/dialogs", visitor, visitor.token(), Map.of("read_seq", seq), 204);
    }

    private Map<String, Object> get(String path, String token) {
        return json(request(HttpMethod.GET, path, token), 200);
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> messages(String base, Opened dialog, String token) {
        return (List<Map<String, Object>>) Objects.requireNonNull(
                get("%s/%d/messages".formatted(base, dialog.dialogId()), token).get("messages"));
    }

    /** A dialog that a human has taken over, with one message of each. */
    private Opened conversation(String operator) {
        Opened visitor = visitor();
        json(request(HttpMethod.POST, "/api/dialogs/%d/handoff".formatted(visitor.dialogId()), operator), 200);
        post(visitor, "m1", "Hello?", 201);
        json(request(HttpMethod.POST, "/api/dialogs/%d/messages".formatted(visitor.dialogId()), operator)
                .bodyValue(Map.of("client_msg_id", "o1", "text", "Hello!")), 201);
        return visitor;
    }

    private static JsonNode receiptOf(Reader reader) {
        return reader.await(event -> event.path("type").asString().equals("receipt")
                && event.path("read_seq").asLong() == 3);
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(Reader.Transport.class)
    void anOperatorSeesWhatTheVisitorHasRead(Reader.Transport transport) throws Exception {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        try (Reader reader = Reader.operator(transport, address(), visitor.dialogId(), operator, "3")) {
            read(visitor, 2);
            reader.await("receipt");
            read(visitor, 3);
            JsonNode receipt = receiptOf(reader);
            assertThat(receipt.path("delivered_seq").asLong()).isEqualTo(3);
            assertThat(receipt.path("sender").asString()).isEqualTo("user");
            assertThat(receipt.path("reader").asString()).isNotEmpty();
            assertThat(receipt.path("at").asString()).endsWith("Z");
        }
        try (Reader newcomer = Reader.operator(transport, address(), visitor.dialogId(), operator, "3")) {
            receiptOf(newcomer);
        }
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.EnumSource(Reader.Transport.class)
    void aVisitorSeesWhatAnOperatorHasRead(Reader.Transport transport) throws Exception {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        try (Reader reader = Reader.open(transport, address(), visitor, "3")) {
            receipt("/api/dialogs", visitor, operator, Map.of("read_seq", 3), 204);
            assertThat(receiptOf(reader).path("sender").asString()).isEqualTo("manager");
        }
    }

    @Test
    void receiptsComeByWebSocketToo() throws Exception {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        try (TestSocket widget = widget(visitor, "since=0");
                TestSocket console = operator(visitor.dialogId(), operator)) {
            widget.send("{\"type\":\"receipt\",\"delivered_seq\":3,\"read_seq\":2}");
            JsonNode receipt = console.await("receipt");
            assertThat(receipt.path("delivered_seq").asLong()).isEqualTo(3);
            assertThat(receipt.path("read_seq").asLong()).isEqualTo(2);
            post(visitor, "m2", "Are you there?", 201);
            widget.send("{\"type\":\"receipt\",\"read_seq\":4}");
            console.await("receipt", event -> event.path("read_seq").asLong() == 4);
            assertThat(widget.frames("receipt")).as("nobody is told of their own").isEmpty();
        }
    }

    @Test
    void onASocketOfManyDialogsAReceiptNamesItsDialog() throws Exception {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        try (TestSocket widget = widget(visitor, "since=0");
                TestSocket many = TestSocket.open(address(), "/ws", operator)) {
            many.send("{\"type\":\"subscribe\",\"dialog_id\":%d}".formatted(visitor.dialogId()));
            many.await("presence", event -> event.path("dialog_id").asLong() == visitor.dialogId());
            widget.await("presence", event -> event.path("status").asString().equals("online"));
            many.send("{\"type\":\"receipt\",\"dialog_id\":%d,\"read_seq\":2}".formatted(visitor.dialogId()));
            assertThat(widget.await("receipt").path("read_seq").asLong()).isEqualTo(2);
            many.send("{\"type\":\"unsubscribe\",\"dialog_id\":%d}".formatted(visitor.dialogId()));
            widget.await("presence", event -> event.path("status").asString().equals("away"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"\"read_seq\":99|bad_request|read_seq",
            "\"delivered_seq\":-1|bad_request|delivered_seq",
            "\"x\":1|bad_request|delivered_seq", "\"read_seq\":\"3\"|bad_frame|read_seq",
            "\"delivered_seq\":1.5|bad_frame|delivered_seq"})
    void wrongFramesAreNamedAndTheSocketStays(String fields, String code, String field) throws Exception {
        try (TestSocket socket = widget(visitor(), "")) {
            socket.send("{\"type\":\"receipt\",%s}".formatted(fields));
            JsonNode error = socket.await("error");
            assertThat(error.path("code").asString()).isEqualTo(code);
            assertThat(error.path("detail").asString()).startsWith(field + ":");
            assertThat(socket.isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{\"read_seq\":1}|read_seq", "{\"delivered_seq\":-1}|delivered_seq",
            "{}|delivered_seq", "{\"read_seq\":\"0\"}|read_seq", "{\"read_seq\":0.5}|read_seq",
            "{\"delivered_seq\":99999999999999999999}|delivered_seq"})
    void wrongMarksAreNamed(String body, String field) {
        Opened visitor = visitor();
        assertThat(text(json(request(HttpMethod.POST, "/api/widget/dialogs/%d/receipts".formatted(visitor.dialogId()),
                visitor.token()).header("Content-Type", "application/json").bodyValue(body), 400), "detail"))
                .startsWith(field);
    }

    @Test
    void nobodyMarksInTheDialogOfSomebodyElse() {
        receipt("/api/widget/dialogs", visitor(), visitor().token(), Map.of("read_seq", 0), 404);
    }

    @Test
    void oneSeesOfOnesOwnMessagesHowTheyWereReceived() {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        assertThat(messages("/api/dialogs", visitor, operator).getLast()).containsEntry("status", "sent")
                .doesNotContainKeys("delivered_at", "read_at");
        receipt("/api/widget/dialogs", visitor, visitor.token(), Map.of("delivered_seq", 3), 204);
        assertThat(messages("/api/dialogs", visitor, operator).getLast()).containsEntry("status", "delivered")
                .containsKey("delivered_at").doesNotContainKey("read_at");
        read(visitor, 3);
        assertThat(messages("/api/dialogs", visitor, operator).getLast()).containsEntry("status", "read")
                .containsKeys("delivered_at", "read_at");
        assertThat(messages("/api/dialogs", visitor, operator).subList(0, 2)).as("a system message, and the visitor's")
                .noneMatch(message -> message.containsKey("status"));
        assertThat(messages("/api/widget/dialogs", visitor, visitor.token()))
                .extracting(message -> message.get("status"))
                .containsExactly(null, "sent", null);
    }

    @Test
    void dialogsSayHowMuchIsUnread() {
        String operator = operatorToken();
        Opened visitor = conversation(operator);
        assertThat(unread("/api/dialogs", visitor, operator)).isEqualTo(1);
        assertThat(unread("/api/widget/dialogs", visitor, visitor.token())).isEqualTo(1);
        for (int i = 2; i < 5; i++) {
            post(visitor, "m" + i, "More", 201);
        }
        assertThat(unread("/api/dialogs", visitor, operator)).isEqualTo(4);
        receipt("/api/dialogs", visitor, operator, Map.of("read_seq", 4), 204);
        assertThat(unread("/api/dialogs", visitor, operator)).as("without waiting for anything").isEqualTo(2);
        assertThat(unread("/api/dialogs", visitor, operatorToken())).as("another has all of it to read, and Anna's")
                .isEqualTo(5);
    }

    @SuppressWarnings("unchecked")
    private int unread(String base, Opened dialog, String token) {
        Map<String, Object> one = get("%s/%d".formatted(base, dialog.dialogId()), token);
        List<Map<String, Object>> all = (List<Map<String, Object>>) Objects
                .requireNonNull(get(base + "?limit=100", token).get("dialogs"));
        Map<String, Object> listed = all.stream().filter(each -> id(each) == dialog.dialogId()).findFirst()
                .orElseThrow();
        assertThat(listed.get("unread")).isEqualTo(one.get("unread"));
        return (Integer) Objects.requireNonNull(one.get("unread"));
    }

    @Test
    void unreadIsAHundredAtMost() {
        Opened visitor = visitor();
        DATABASE.execute("""
                insert into messages (dialog_id, seq, sender, sender_id, client_msg_id, text, turn, created_at)
                select %1$d, i, 'user', 'x', i::text, 'text', 0, now() from generate_series(1, 300) as i;
                update dialogs set last_seq = 300 where id = %1$d""".formatted(visitor.dialogId()));
        assertThat(unread("/api/dialogs", visitor, operatorToken())).isEqualTo(100);
    }

    @Test
    void marksAreInTheTableSoon() {
        Opened visitor = conversation(operatorToken());
        read(visitor, 3);
        Awaitility.await().until(() -> Objects.equals(3L, org.springframework.r2dbc.core.DatabaseClient
                .create(DATABASE.connections())
                .sql("select coalesce(max(read_seq), 0) as seq from receipts where dialog_id = $1")
                .bind("$1", visitor.dialogId())
                .map(row -> Objects.requireNonNull(row.get("seq", Long.class))).one().block(TIMEOUT)));
    }
}
