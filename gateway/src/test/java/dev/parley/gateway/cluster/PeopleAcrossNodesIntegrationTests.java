package dev.parley.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Lanes;
import dev.parley.gateway.cluster.SeveralNodes.Visit;
import dev.parley.gateway.transport.TestSocket;
import java.time.Duration;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import tools.jackson.databind.JsonNode;

/** Who is here, who types and who has read is the same on all nodes. */
@ResourceLock(Lanes.NODES)
class PeopleAcrossNodesIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    @AutoClose
    private static final SeveralNodes NODES = SeveralNodes.start(2, "--parley.presence.beat=1s",
            "--parley.presence.grace=500ms", "--parley.presence.away=1500ms");

    private final Visit visit = NODES.visit();
    private final String operator = NODES.adminToken();

    @BeforeEach
    void bothHearEachOther() {
        NODES.awaitHearing();
    }

    @Test
    void whoIsHereOverOneNodeIsShownToNewcomersOnTheOther() throws Exception {
        try (TestSocket widget = widget(0)) {
            widget.await("hello");
            try (TestSocket console = console(1)) {
                console.await("presence", is("user", "online"));
                widget.await("presence", is("manager", "online"));
            }
            widget.await("presence", is("manager", "offline"));
        }
    }

    @Test
    void aDialogSaysOnOneNodeWhoIsThereOverTheOther() throws Exception {
        try (TestSocket widget = widget(0)) {
            widget.await("hello");
            JsonNode dialog = NODES.node(1).get("/api/dialogs/" + visit.dialogId(), operator);
            assertThat(dialog.path("presence").toString()).contains("\"online\"");
        }
    }

    @Test
    void whoHasTabsOnBothNodesIsGoneWhenBothAre() throws Exception {
        try (TestSocket console = console(1)) {
            try (TestSocket one = widget(0)) {
                try (TestSocket other = widget(1)) {
                    one.await("hello");
                    other.await("hello");
                    console.await("presence", is("user", "online"));
                }
                one.send("{\"type\":\"typing_start\"}");
                console.await("typing_start");
                console.await("typing_stop"); // six seconds, in which somebody who had gone would be offline
                assertThat(console.frames("presence")).noneMatch(is("user", "away")).noneMatch(is("user", "offline"));
            }
            console.await("presence", is("user", "offline"));
        }
    }

    @Test
    void whoWasOverANodeThatIsHeardNoMoreIsGone() throws Exception {
        try (TestSocket console = console(1); TestSocket widget = widget(0)) {
            widget.send("{\"type\":\"typing_start\"}");
            console.await("typing_start");
            NODES.node(0).toRedis().cut();
            console.await("typing_stop");
            console.await("presence", is("user", "offline"));
            NODES.node(0).toRedis().heal();
            Awaitility.await().atMost(PATIENCE)
                    .until(() -> console.frames("presence").getLast().path("status").asString().equals("online"));
        }
    }

    @Test
    void whatIsReadOnOneNodeIsReadOnTheOtherAndStaysSo() throws Exception {
        NODES.say(NODES.node(0), visit, "m", "/say hello");
        try (TestSocket console = console(1); TestSocket one = widget(0); TestSocket other = widget(1)) {
            Awaitility.await().atMost(PATIENCE).until(() -> console.frames("message").size() >= 2);
            one.send("{\"type\":\"receipt\",\"read_seq\":2}");
            console.await("receipt", receipt -> receipt.path("read_seq").asLong() == 2);
            other.send("{\"type\":\"receipt\",\"read_seq\":1}");
            other.send("{\"type\":\"ping\"}");
            other.await("pong");
            assertThat(console.frames("receipt")).allMatch(receipt -> receipt.path("read_seq").asLong() == 2);
        }
    }

    private TestSocket widget(int node) throws Exception {
        return TestSocket.open(NODES.node(node).address(), "/ws/widget/dialogs/" + visit.dialogId(), visit.token());
    }

    private TestSocket console(int node) throws Exception {
        return TestSocket.open(NODES.node(node).address(), "/ws/dialogs/%d?since=0".formatted(visit.dialogId()),
                operator);
    }

    private static Predicate<JsonNode> is(String sender, String status) {
        return event -> event.path("sender").asString().equals(sender)
                && event.path("status").asString().equals(status);
    }
}
