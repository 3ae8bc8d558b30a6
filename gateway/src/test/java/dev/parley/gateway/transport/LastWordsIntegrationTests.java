package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.RunningGateway;
import dev.parley.gateway.client.RawWebSocket;
import dev.parley.gateway.client.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Whoever speaks while the gateway closes is told why all the same: it is never answered with a reset. */
class LastWordsIntegrationTests extends RunningGateway {

    @Autowired
    private Connections connections;

    private long dialog;
    private volatile boolean over;

    @RepeatedTest(10)
    void whoSpeaksMeanwhileReadsTheGoodbyeAndTheReason() throws Exception {
        try (RawWebSocket socket = open()) {
            CompletableFuture<Void> speaking = CompletableFuture.runAsync(() -> speak(socket));
            connection().leave(Duration.ofSeconds(1));
            List<String> said = new ArrayList<>();
            RawWebSocket.Frame frame = socket.frame();
            while (frame.opcode() == RawWebSocket.TEXT) {
                said.add(frame.text());
                frame = socket.frame();
            }
            assertThat(said).anyMatch(text -> text.contains("\"goodbye\""));
            assertThat(frame.opcode()).isEqualTo(RawWebSocket.CLOSE);
            assertThat(frame.closeCode()).isEqualTo(CloseReasons.GOING_AWAY.getCode());
            assertThatExceptionOfType(EOFException.class).isThrownBy(socket::frame);
            over = true;
            speaking.join();
        }
    }

    @Test
    void whoNeverEndsIsNotWaitedForAnyLonger() throws Exception {
        try (RawWebSocket socket = open()) {
            connection().leave(Duration.ofSeconds(1));
            socket.awaitClose();
            assertThatExceptionOfType(EOFException.class).isThrownBy(socket::frame);
            Awaitility.await().atLeast(Duration.ofSeconds(1)).ignoreExceptionsMatching(IOException.class::isInstance)
                    .until(() -> isRefused(socket));
        }
    }

    private RawWebSocket open() throws IOException {
        Map<String, Object> opened = json(
                client().post().uri("/api/widget/dialogs").bodyValue(Map.of("assistant_id", 1)), 201);
        dialog = Long.parseLong(text(opened, "dialog_id"));
        RawWebSocket socket = RawWebSocket.open(Wire.to(address()), "/ws/widget/dialogs/" + dialog,
                text(opened, "visitor_token"));
        assertThat(socket.nextText()).contains("\"hello\"");
        return socket;
    }

    private Connection connection() {
        return connections.all().filter(each -> each.dialogs().anyMatch(id -> id == dialog)).findFirst().orElseThrow();
    }

    private void speak(RawWebSocket socket) {
        while (!over) {
            try {
                socket.text("{\"type\":\"ping\"}");
            } catch (IOException reset) {
                throw new AssertionError(reset);
            }
            LockSupport.parkNanos(200_000);
        }
    }

    private static boolean isRefused(RawWebSocket socket) {
        try {
            socket.text("{\"type\":\"ping\"}");
            return false;
        } catch (IOException reset) {
            return true;
        }
    }
}
