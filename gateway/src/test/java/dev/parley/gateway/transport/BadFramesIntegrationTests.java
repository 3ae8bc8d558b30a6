package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Frames that no good client sends, as bytes (RFC 6455 and PROTOCOL section 5). */
class BadFramesIntegrationTests extends Conversations {

    private static final String PING = "{\"type\":\"ping\"}";
    private static final int LIMIT = 64 * 1024;

    @Autowired
    private Connections connections;

    private Opened visitor = new Opened(0, "");
    private int before;

    @BeforeEach
    void meet() {
        before = connections.size();
        visitor = visitor();
    }

    @AfterEach
    void whoWasSentAwayLeavesNothingBehind() {
        Awaitility.await().atMost(TIMEOUT).until(() -> connections.size() <= before);
    }

    private RawWebSocket open() throws IOException {
        RawWebSocket socket = RawWebSocket.open(Wire.to(address()),
                "/ws/widget/dialogs/%d?since=0&echo=true".formatted(visitor.dialogId()), visitor.token());
        assertThat(socket.nextText()).contains("\"hello\"");
        return socket;
    }

    private static void assertAlive(RawWebSocket socket) throws IOException {
        socket.text(PING);
        assertThat(next(socket, "pong").path("type").asString()).isEqualTo("pong");
    }

    private static JsonNode next(RawWebSocket socket, String type) throws IOException {
        JsonNode event = JsonMapper.shared().readTree(socket.nextText());
        while (!event.path("type").asString().equals(type)) {
            event = JsonMapper.shared().readTree(socket.nextText());
        }
        return event;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
            "                                              | bad_frame",
            "null                                          | bad_frame",
            "true                                          | bad_frame",
            "\"ping\"                                      | bad_frame",
            "7                                             | bad_frame",
            "[{\"type\":\"ping\"}]                         | bad_frame",
            "{                                             | bad_frame",
            "{}                                            | bad_frame",
            "{\"type\":null}                               | bad_frame",
            "{\"type\":1}                                  | bad_frame",
            "{\"type\":\"\"}                               | bad_frame",
            "{\"type\":\"PING\"}                           | bad_frame",
            "{\"type\":\"hello\"}                          | bad_frame",
            "{\"type\":\"message\",\"client_msg_id\":{}}   | bad_frame",
            "{\"type\":\"message\",\"text\":[\"x\"]}       | bad_frame",
            "{\"type\":\"message\"}                        | bad_request",
            "{\"type\":\"message\",\"client_msg_id\":\"\",\"text\":\"x\"} | bad_request",
            "{\"type\":\"message\",\"client_msg_id\":\"m\"} | bad_request",
            "{\"type\":\"cancel\"}                         | bad_frame",
            "{\"type\":\"cancel\",\"request_id\":5}        | bad_frame",
            "{\"type\":\"auth\"}                           | bad_frame",
            "{\"type\":\"auth\",\"token\":\"garbage\"}     | unauthorized"})
    void isToldWhatIsWrongAndLives(String frame, String code) throws IOException {
        try (RawWebSocket socket = open()) {
            socket.text(frame == null ? "" : frame);
            JsonNode error = next(socket, "error");
            assertThat(error.path("code").asString()).isEqualTo(code);
            assertThat(error.toString()).doesNotContain("Exception", "dev.parley", "jackson", "java.");
            assertAlive(socket);
        }
    }

    /** A good frame, with a few of its characters changed: whatever becomes of it, the connection goes on or says why not. */
    @Test
    void noTextBringsAConnectionDown() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < 10; i++) {
            try (RawWebSocket socket = open()) {
                for (int k = 0; k < 15; k++) {
                    StringBuilder frame = new StringBuilder(
                            "{\"type\":\"typing_start\",\"x\":[1,{\"a\":\"é🍰\"}],\"client_msg_id\":\"m\"}");
                    for (int change = random.nextInt(4); change >= 0; change--) {
                        frame.setCharAt(random.nextInt(frame.length()), (char) random.nextInt(32, 126));
                    }
                    socket.text(frame.toString());
                }
                assertAlive(socket);
            }
        }
    }

    @Test
    void nestingWithoutEndIsABadFrame() throws IOException {
        try (RawWebSocket socket = open()) {
            socket.text("{\"type\":\"ping\",\"x\":" + "[".repeat(30_000) + "]".repeat(30_000) + "}");
            assertThat(next(socket, "error").path("code").asString()).isEqualTo("bad_frame");
            assertAlive(socket);
        }
    }

    @Test
    void nineteenBadFramesAreToleratedAndTheTwentiethIsNot() throws IOException {
        try (RawWebSocket socket = open()) {
            for (int i = 0; i < 19; i++) {
                socket.text("no json");
            }
            assertAlive(socket);
            socket.text("no json");
            assertThat(socket.awaitClose()).isEqualTo(1008);
        }
    }

    @Test
    void aMessageMayComeInManyFramesWithPingsBetweenThem() throws IOException {
        try (RawWebSocket socket = open()) {
            byte[] message = bytes("{\"type\":\"message\",\"client_msg_id\":\"m1\",\"text\":\"/say in pieces é🍰\"}");
            for (int i = 0; i < message.length; i++) {
                socket.send(i == 0 ? RawWebSocket.TEXT : RawWebSocket.CONTINUATION, i == message.length - 1,
                        new byte[]{message[i]});
                if (i % 20 == 0) {
                    socket.send(RawWebSocket.PING, true, bytes("p" + i));
                    RawWebSocket.Frame pong = socket.frame();
                    assertThat(pong.opcode()).isEqualTo(RawWebSocket.PONG);
                    assertThat(pong.text()).isEqualTo("p" + i);
                }
            }
            assertThat(next(socket, "message").path("text").asString()).isEqualTo("/say in pieces é🍰");
        }
    }

    @Test
    void anEmptyFrameInTheMiddleIsNoFault() throws IOException {
        try (RawWebSocket socket = open()) {
            socket.send(RawWebSocket.TEXT, false, new byte[0]);
            socket.send(RawWebSocket.CONTINUATION, false, new byte[0]);
            socket.send(RawWebSocket.CONTINUATION, true, bytes(PING));
            assertThat(next(socket, "pong").path("type").asString()).isEqualTo("pong");
        }
    }

    @Test
    void binaryIsRefusedWholeOrInPieces() throws IOException {
        try (RawWebSocket whole = open(); RawWebSocket pieces = open()) {
            whole.send(RawWebSocket.BINARY, true, bytes(PING));
            assertThat(whole.awaitClose()).isEqualTo(1003);
            pieces.send(RawWebSocket.BINARY, false, bytes("{"));
            assertThat(pieces.awaitClose()).isEqualTo(1003);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 66})
    void aMessageOverTheLimitIsRefusedInHoweverManyFramesItComes(int frames) throws IOException {
        try (RawWebSocket socket = open()) {
            int each = (LIMIT + frames) / frames + 1;
            for (int i = 0; i < frames; i++) {
                socket.send(i == 0 ? RawWebSocket.TEXT : RawWebSocket.CONTINUATION, i == frames - 1,
                        bytes("x".repeat(each)));
            }
            assertThat(socket.awaitClose()).isEqualTo(1009);
        }
    }

    @Test
    void aFrameThatOnlyClaimsToBeHugeIsRefused() throws IOException {
        Wire wire = Wire.to(address());
        try (RawWebSocket socket = RawWebSocket.open(wire, "/ws/widget/dialogs/" + visitor.dialogId(),
                visitor.token())) {
            wire.send(ByteBuffer.allocate(14).put((byte) 0x81).put((byte) 0xFF).putLong(Long.MAX_VALUE).putInt(7)
                    .array());
            assertThat(socket.awaitClose()).isEqualTo(1009);
        }
    }

    @Test
    void aFrameAtTheLimitIsRead() throws IOException {
        try (RawWebSocket socket = open()) {
            socket.text("{\"type\":\"ping\",\"x\":\"" + "x".repeat(LIMIT - 24) + "\"}");
            assertThat(next(socket, "pong").path("type").asString()).isEqualTo("pong");
        }
    }

    @Test
    void whatIsNotUtf8IsRefused() throws IOException {
        List<byte[]> wrong = List.of(new byte[]{'{', (byte) 0xFF, '}'}, new byte[]{(byte) 0xC3},
                new byte[]{(byte) 0xC0, (byte) 0x80}, new byte[]{(byte) 0xED, (byte) 0xA0, (byte) 0x80},
                new byte[]{(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80});
        for (byte[] bytes : wrong) {
            try (RawWebSocket socket = open()) {
                socket.send(RawWebSocket.TEXT, true, bytes);
                assertThat(socket.awaitClose()).isEqualTo(1007);
            }
        }
        try (RawWebSocket socket = open()) {
            socket.send(RawWebSocket.TEXT, false, bytes("{\"type\":\""));
            socket.send(RawWebSocket.CONTINUATION, true, new byte[]{(byte) 0xE2, (byte) 0x82});
            assertThat(socket.awaitClose()).as("a character that the end cuts").isEqualTo(1007);
        }
    }

    @Test
    void aClientMustMaskItsFrames() throws IOException {
        try (RawWebSocket socket = open()) {
            socket.sendUnmasked(RawWebSocket.TEXT, bytes(PING));
            assertThat(socket.awaitClose()).isEqualTo(1002);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 15, 0x40 | RawWebSocket.TEXT, 0x20 | RawWebSocket.TEXT})
    void anUnknownKindOfFrameIsRefused(int opcode) throws IOException {
        try (RawWebSocket socket = open()) {
            socket.send(opcode, true, bytes(PING));
            assertThat(socket.awaitClose()).isEqualTo(1002);
        }
    }

    @Test
    void framesOutOfOrderAreRefused() throws IOException {
        try (RawWebSocket stray = open();
                RawWebSocket twice = open();
                RawWebSocket cut = open();
                RawWebSocket large = open()) {
            stray.send(RawWebSocket.CONTINUATION, true, bytes(PING));
            assertThat(stray.awaitClose()).as("a continuation of nothing").isEqualTo(1002);
            twice.send(RawWebSocket.TEXT, false, bytes("{"));
            twice.send(RawWebSocket.TEXT, true, bytes(PING));
            assertThat(twice.awaitClose()).as("a message within a message").isEqualTo(1002);
            cut.send(RawWebSocket.PING, false, bytes("p"));
            assertThat(cut.awaitClose()).as("a ping in pieces").isEqualTo(1002);
            large.send(RawWebSocket.PING, true, new byte[126]);
            assertThat(large.awaitClose()).as("a large ping").isEqualTo(1002);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1001, 3000, 4999})
    void aCloseIsAnsweredInKind(int code) throws IOException {
        try (RawWebSocket socket = open()) {
            socket.send(RawWebSocket.CLOSE, true, close(code));
            assertThat(socket.awaitClose()).isEqualTo(code);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 2999})
    void aCloseWithACodeThatNobodyMaySendIsNotGivenBack(int code) throws IOException {
        try (RawWebSocket socket = open()) {
            socket.send(RawWebSocket.CLOSE, true, close(code));
            assertThat(socket.awaitClose()).isEqualTo(1002);
        } catch (EOFException endedAtOnce) {
            // That is allowed as well (RFC 6455, section 7.1.7).
        }
    }

    private static byte[] close(int code) {
        return new byte[]{(byte) (code >> 8), (byte) code};
    }

    @Test
    void othersDoNotNoticeWhatOneDoesWrong() throws IOException {
        try (RawWebSocket good = open()) {
            for (int i = 0; i < 20; i++) {
                try (RawWebSocket bad = open()) {
                    ByteArrayOutputStream noise = new ByteArrayOutputStream();
                    Random random = new Random(i);
                    for (int k = 0; k < 300; k++) {
                        noise.write(random.nextInt(256));
                    }
                    bad.sendUnmasked(random.nextInt(16), noise.toByteArray());
                }
            }
            assertAlive(good);
        }
    }
}
