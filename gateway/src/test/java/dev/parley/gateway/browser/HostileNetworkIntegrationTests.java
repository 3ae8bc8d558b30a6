package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Behaviour;
import dev.parley.gateway.Behaviour.Fate;
import dev.parley.gateway.HostileProxy;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A visitor behind proxies that break connections: in each case the whole conversation arrives, once and in order. */
class HostileNetworkIntegrationTests extends InTheBrowser {

    private static final Behaviour REFUSING = Behaviour.good().refusingUpgrades(403);
    private static final Behaviour IDLE = Behaviour.good().cuttingWhenIdleFor(Duration.ofSeconds(1));

    /** Less than what is said in a test, so each of them comes to it more than once. */
    private static final int SOME_BYTES = 1_500;

    static Stream<Arguments> networks() {
        return Stream.of(
                afterSomeBytes("cuts sockets and streams after some bytes", Fate.CUT),
                afterSomeBytes("ends sockets and streams after some bytes, as if the gateway had",
                        Fate.HALF_CLOSE_TO_CLIENT),
                afterSomeBytes("ends them after some bytes, and tells the gateway alone", Fate.HALF_CLOSE_TO_SERVER),
                afterSomeBytes("swallows all after some bytes", Fate.BLACK_HOLE),
                Arguments.of("swallows sockets and streams",
                        Map.of("/ws", Behaviour.good().blackHole(), "/sse", Behaviour.good().blackHole())),
                Arguments.of("refuses sockets", Map.of("/ws", REFUSING)),
                Arguments.of("takes no notice of sockets", Map.of("/ws", Behaviour.good().strippingUpgrades())),
                Arguments.of("buffers streams for ever",
                        Map.of("/ws", REFUSING, "/sse", Behaviour.good().bufferingForEver())),
                Arguments.of("buffers streams up to 64 KB",
                        Map.of("/ws", REFUSING, "/sse", Behaviour.good().bufferingUntil(65_536))),
                Arguments.of("cuts what is idle", Map.of("/ws", IDLE, "/sse", IDLE, "/poll", IDLE)),
                Arguments.of("is slow", Map.of("/", Behaviour.good().delayingEachChunkBy(Duration.ofMillis(300)))));
    }

    private static Arguments afterSomeBytes(String name, Fate fate) {
        Behaviour behaviour = Behaviour.good().afterBytesOfBody(SOME_BYTES, fate);
        return Arguments.of(name, Map.of("/ws", behaviour, "/sse", behaviour));
    }

    @ParameterizedTest(name = "a network that {0}")
    @MethodSource("networks")
    void theWholeConversationArrives(String name, Map<String, Behaviour> behaviours) throws IOException {
        try (HostileProxy proxy = HostileProxy.inFrontOf(URI.create(address()).getPort())) {
            behaviours.forEach(proxy::behave);
            Person visitor = someone();
            visitor.mayComplainOf("WebSocket connection");
            visitor.mayComplainOf("ERR_");
            LibraryPage page = LibraryPage.of(visitor, proxy.address()).visit();
            long began = System.currentTimeMillis();

            page.awaitConnection();
            page.say("/say First");
            page.await("dialog.log.messages.length === 2");
            if (behaviours.containsValue(IDLE)) {
                page.page.waitForTimeout(1_500); // nothing is said, so it is cut
            }
            page.say("/long 120");
            page.await("dialog.log.messages.length === 4 && dialog.log.pending.length === 0");

            assertThat(page.texts()).containsExactly("/say First", "First", "/long 120", answerTo("/long 120"));
            assertThat(page.heard()).hasSize(4);
            System.out.printf("A network that %s: all was there after %d ms, over %s%n", name,
                    System.currentTimeMillis() - began, page.transport());
        }
    }
}
