package dev.parley.gateway.transport;

import org.junit.jupiter.api.parallel.ResourceLock;
import dev.parley.gateway.Lanes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.GatewayProcess;
import dev.parley.gateway.transport.Conversations.Opened;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What clients see of a gateway that is stopped as a system stops a service. */
@ResourceLock(Lanes.OWN)
class DrainIntegrationTests {

    private static final int CLIENTS = 5;

    @TempDir
    private Path data = Path.of("");

    @Test
    void eachIsToldWhenToComeBackAndNothingAcknowledgedIsLost() throws Exception {
        List<Opened> visitors = new ArrayList<>();
        try (GatewayProcess gateway = GatewayProcess.start(data, Map.of())) {
            for (int i = 0; i < CLIENTS; i++) {
                visitors.add(visitor(gateway));
            }
            List<TestSocket> sockets = new ArrayList<>();
            for (Opened visitor : visitors) {
                sockets.add(TestSocket.open(gateway.address(), path("/ws", visitor), visitor.token()));
                sockets.getLast().message("m", "/long 2000");
                sockets.getLast().await("ack");
            }
            Opened streaming = visitors.getFirst();
            Opened quiet = visitor(gateway);
            CompletableFuture<JsonNode> poll = CompletableFuture.supplyAsync(() -> poll(gateway, quiet));
            try (TestStream stream = TestStream.open(gateway.address(), path("/sse", streaming), streaming.token())) {
                stream.await("hello");
                Awaitility.await().until(() -> gateway.text("/actuator/prometheus")
                        .contains("parley_connections{audience=\"widget\",transport=\"poll\"} 1.0"));
                gateway.stop();
                assertThat(stream.await("goodbye").data().path("reconnect_after_ms").asInt()).isBetween(0, 30_000);
                Set<Integer> times = new HashSet<>();
                for (TestSocket socket : sockets) {
                    JsonNode goodbye = socket.await("goodbye");
                    times.add(goodbye.path("reconnect_after_ms").asInt());
                    assertThat(socket.closeCode()).isEqualTo(1012);
                }
                assertThat(times).as("they do not all come back at once").hasSizeGreaterThan(CLIENTS / 2)
                        .allMatch(ms -> ms >= 0 && ms <= 30_000);
                assertThat(poll.join().path("events").isEmpty()).as("a poll is answered at once").isTrue();
            }
        }
        try (GatewayProcess gateway = GatewayProcess.start(data, Map.of())) {
            for (Opened visitor : visitors) {
                JsonNode log = gateway.get("/api/widget/dialogs/%d/messages".formatted(visitor.dialogId()),
                        visitor.token()).body();
                assertThat(log.path("messages").get(0).path("client_msg_id").asString()).isEqualTo("m");
            }
        }
    }

    private static Opened visitor(GatewayProcess gateway) throws Exception {
        JsonNode opened = gateway.openDialog();
        return new Opened(opened.path("dialog_id").asLong(), opened.path("visitor_token").asString());
    }

    private static JsonNode poll(GatewayProcess gateway, Opened visitor) {
        try {
            return TestPolls.once(gateway.address() + path("/poll", visitor), visitor.token(), "wait=55");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String path(String transport, Opened visitor) {
        return transport + "/widget/dialogs/" + visitor.dialogId();
    }
}
