package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/** Connections cost something, so those that nobody uses are not kept. */
@TestPropertySource(properties = {"server.netty.idle-timeout=2s", "parley.poll.default-wait=1s",
        "parley.poll.max-wait=1s"})
class IdleConnectionsIntegrationTests extends Conversations {

    private static final int TIMEOUT_MILLIS = 30_000;

    private Socket open() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(address()).getPort());
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    private static Socket ask(Socket socket, Opened visitor, String path) throws IOException {
        socket.getOutputStream().write(
                "GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n".formatted(path, visitor.token())
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void whoeverAsksForNothingIsDisconnected() throws Exception {
        try (Socket silent = open()) {
            assertThat(silent.getInputStream().read()).as("the end").isNegative();
        }
    }

    @Test
    void soIsWhoeverAsksForNothingAnyMore() throws Exception {
        Opened visitor = visitor();
        for (String path : new String[]{"/poll/widget/dialogs/%d?wait=1".formatted(visitor.dialogId()),
                "/api/widget/dialogs/%d/messages".formatted(visitor.dialogId())}) {
            try (Socket socket = ask(open(), visitor, path)) {
                String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(all).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void whoListensMayBeSilent() throws Exception {
        Opened visitor = visitor();
        try (Socket sse = ask(open(), visitor, "/sse/widget/dialogs/%d?echo=true".formatted(visitor.dialogId()));
                Socket silent = open();
                TestSocket webSocket = widget(visitor, "echo=true")) {
            webSocket.await("hello");
            assertThat(silent.getInputStream().read()).as("the end of another").isNegative();
            assertThat(webSocket.isOpen()).isTrue();
            post(visitor, clientMsgId(), "still there?", 201);
            webSocket.await("message");
            BufferedReader lines = new BufferedReader(
                    new InputStreamReader(sse.getInputStream(), StandardCharsets.UTF_8));
            assertThat(lines.lines().anyMatch(line -> line.contains("still there?"))).isTrue();
        }
    }
}
