package dev.parley.gateway.transport;

import static dev.parley.gateway.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.annotation.Autowired;
import reactor.core.publisher.Flux;

/** Clients that leave while they are let in. */
class ImpatientClientsIntegrationTests extends Conversations {

    private static final Map<Transport, String> PATHS = Map.of(Transport.WEBSOCKET, "ws", Transport.SSE, "sse",
            Transport.POLL, "poll");

    @Autowired
    private ConnectionStatistics statistics;

    private Socket ask(Transport transport, Opened visitor) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), URI.create(address()).getPort());
        socket.setSoTimeout(30_000);
        String head = """
                GET /%s/widget/dialogs/%d HTTP/1.1
                Host: a
                Authorization: Bearer %s
                """.formatted(PATHS.get(transport), visitor.dialogId(), visitor.token());
        String upgrade = """
                Connection: Upgrade
                Upgrade: websocket
                Sec-WebSocket-Version: 13
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                """;
        socket.getOutputStream()
                .write((head + (transport == Transport.WEBSOCKET ? upgrade : "") + "\n").replace("\n", "\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void areNoFailureAndLeaveNothingBehind(Transport transport) throws Throwable {
        Opened visitor = visitor();
        ConnectionStatistics.OfTransport figures = statistics.of(transport);
        Map<String, Long> refusals = statistics.refusals(transport);
        HeldDialog.allDuring(DATABASE, () -> {
            try (Socket socket = ask(transport, visitor)) {
                Awaitility.await().until(() -> isWaitedFor());
                socket.shutdownOutput();
                // Where the other side closes, too, it has understood.
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            }
        });
        // Who comes after them is let in, and by then nothing is left of them.
        try (TestStream next = TestStream.open(address(), "/sse/widget/dialogs/" + visitor.dialogId(),
                visitor.token())) {
            next.await(event -> event.data().path("type").asString().equals("hello"));
        }
        Awaitility.await().until(() -> figures.active() == 0);
        assertThat(statistics.refusals(transport)).isEqualTo(refusals);
    }

    private static boolean isWaitedFor() {
        return await(Flux.usingWhen(DATABASE.connections().create(),
                connection -> Flux.from(connection.createStatement("""
                        select count(*) from pg_stat_activity
                        where datname = current_database() and wait_event_type = 'Lock'""").execute())
                        .concatMap(result -> result.map(row -> row.get(0, Long.class))),
                Connection::close).single()) > 0;
    }
}
