package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.client.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What those who poll see of a node that stops: no error, but the end of their connection, so that they go to another node. */
@TestPropertySource(properties = "parley.shutdown.drain=0s")
class LastPollsIntegrationTests extends Conversations {

    private static final JsonMapper JSON = JsonMapper.shared();

    @Autowired
    private Connections connections;

    @AfterEach
    void goOn() {
        connections.start();
    }

    @Test
    void aPollThatWaitsIsAnsweredAsTheLastOfItsConnection() throws Exception {
        Opened visitor = visitor();
        try (Wire wire = Wire.to(address())) {
            poll(wire, visitor, "since=0&wait=20");
            Awaitility.await().until(() -> connections.size() == 1);
            connections.stop();
            assertIsLast(wire, 200);
        }
    }

    @Test
    void aPollThatComesBetweenTheStopAndTheEndOfItsConnectionIsAnsweredAtOnce() throws Exception {
        Opened visitor = visitor();
        try (Wire wire = Wire.to(address())) {
            poll(wire, visitor, "wait=0");
            Wire.Head first = wire.head();
            assertThat(first.status()).isEqualTo(200);
            String cursor = JSON.readTree(wire.body(first)).path("cursor").asString();
            connections.stop();
            poll(wire, visitor, "wait=20&since=" + cursor);
            JsonNode last = assertIsLast(wire, 200);
            assertThat(last.path("events").isEmpty()).isTrue();
            assertThat(last.path("cursor").asString()).isEqualTo(cursor);
        }
    }

    @Test
    void whoComesAnewIsSentElsewhere() throws Exception {
        Opened visitor = visitor();
        connections.stop();
        try (Wire wire = Wire.to(address())) {
            poll(wire, visitor, "wait=20");
            assertThat(assertIsLast(wire, 503).path("code").asString()).isEqualTo("unavailable");
        }
    }

    private static void poll(Wire wire, Opened visitor, String parameters) throws IOException {
        wire.request("GET", "/poll/widget/dialogs/%d?%s".formatted(visitor.dialogId(), parameters),
                Map.of("Authorization", "Bearer " + visitor.token()));
    }

    private static JsonNode assertIsLast(Wire wire, int status) throws IOException {
        Wire.Head head = wire.head();
        String body = wire.body(head);
        assertThat(head.status()).as(body).isEqualTo(status);
        assertThat(head.headers()).containsEntry("connection", "close");
        assertThatExceptionOfType(EOFException.class).isThrownBy(wire::head);
        return JSON.readTree(body);
    }
}
