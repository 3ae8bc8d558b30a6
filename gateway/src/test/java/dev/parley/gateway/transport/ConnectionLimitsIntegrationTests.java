package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpMethod;
import org.springframework.test.context.TestPropertySource;

@TestPropertySource(properties = {"parley.connections.max-per-node=5", "parley.connections.max-per-dialog=2"})
class ConnectionLimitsIntegrationTests extends Conversations {

    @ParameterizedTest
    @EnumSource(Reader.Transport.class)
    void aDialogHasOnlySoManyConnectionsWhateverTheirTransport(Reader.Transport transport) throws Exception {
        Opened visitor = visitor();
        try (Reader one = Reader.open(Reader.Transport.WEB_SOCKET, address(), visitor, "0")) {
            one.await("hello");
            try (Reader other = Reader.open(transport, address(), visitor, "0")) {
                awaitRefusal(visitor, "Dialog %d has".formatted(visitor.dialogId()));
                assertThat(other.of("message")).isEmpty();
            }
            awaitAdmission(visitor);
        }
    }

    @Test
    void aNodeHasOnlySoManyConnections() throws Exception {
        List<Reader> readers = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                readers.add(Reader.open(Reader.Transport.SSE, address(), visitor(), "0"));
                readers.getLast().await("hello");
            }
            awaitRefusal(visitor(), "This node has");
            readers.removeFirst().closing().run();
            awaitAdmission(visitor());
        } finally {
            readers.forEach(Reader::close);
        }
    }

    @Test
    void whoIsRefusedTakesNoSeat() {
        Opened visitor = visitor();
        for (int i = 0; i < 10; i++) {
            json(request(HttpMethod.GET, poll(visitor) + "&since=x", visitor.token()), 400);
            json(request(HttpMethod.GET, "/ws/widget/dialogs/" + visitor.dialogId(), visitor.token()), 400);
        }
        awaitAdmission(visitor);
    }

    private static String poll(Opened visitor) {
        return "/poll/widget/dialogs/%d?wait=0".formatted(visitor.dialogId());
    }

    private void awaitRefusal(Opened visitor, String detail) {
        Awaitility.await().untilAsserted(() -> {
            var refusal = request(HttpMethod.GET, poll(visitor), visitor.token()).exchange().expectStatus()
                    .isEqualTo(503)
                    .expectHeader().valueEquals("Retry-After", "5").expectBody(String.class).returnResult();
            assertThat(refusal.getResponseBody()).contains("too_many_connections", detail, "\"retry_after_ms\":5000");
        });
    }

    private void awaitAdmission(Opened visitor) {
        Awaitility.await().untilAsserted(() -> json(request(HttpMethod.GET, poll(visitor), visitor.token()), 200));
    }
}
