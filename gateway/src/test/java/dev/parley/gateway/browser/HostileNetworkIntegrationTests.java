package dev.parley.gateway.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Behaviour;
import dev.parley.gateway.Behaviour.Fate;
import dev.parley.gateway.HostileProxy;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A visitor behind proxies that break connections: in each case the whole conversation arrives, once and in order. */
class HostileNetworkIntegrationTests extends InTheBrowser {

    private static final Behaviour REFUSING = Behaviour.good().refusingUpgrades(403);
    private static final Behaviour IDLE = Behaviour.good().cuttingWhenIdleFor(Duration.ofSeconds(1));

    /** Less than what is said in a test, so each of them comes to it more than once. */
    private static final int SOME_BYTES = 1_500;

    private static final double NO_WORD_MS = 1_500;

    private final List<HostileProxy> proxies = new ArrayList<>();

    /** A visitor behind a proxy of its own. */
    private record Network(String name, LibraryPage page) {

        void await(String condition) {
            try {
                page.await(condition);
            } catch (AssertionError wrong) {
                throw new AssertionError("a network that " + name + ": " + wrong.getMessage(), wrong);
            }
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (HostileProxy proxy : proxies) {
            proxy.close();
        }
    }

    private List<Network> networks() throws IOException {
        return List.of(
                afterSomeBytes("cuts sockets and streams after some bytes", Fate.CUT),
                afterSomeBytes("ends sockets and streams after some bytes, as if the gateway had",
                        Fate.HALF_CLOSE_TO_CLIENT),
                afterSomeBytes("ends them after some bytes, and tells the gateway alone", Fate.HALF_CLOSE_TO_SERVER),
                afterSomeBytes("swallows all after some bytes", Fate.BLACK_HOLE),
                network("swallows sockets and streams",
                        Map.of("/ws", Behaviour.good().blackHole(), "/sse", Behaviour.good().blackHole())),
                network("refuses sockets", Map.of("/ws", REFUSING)),
                network("takes no notice of sockets", Map.of("/ws", Behaviour.good().strippingUpgrades())),
                network("buffers streams for ever",
                        Map.of("/ws", REFUSING, "/sse", Behaviour.good().bufferingForEver())),
                network("buffers streams up to 64 KB",
                        Map.of("/ws", REFUSING, "/sse", Behaviour.good().bufferingUntil(65_536))),
                network("cuts what is idle", Map.of("/ws", IDLE, "/sse", IDLE, "/poll", IDLE)),
                network("is slow", Map.of("/", Behaviour.good().delayingEachChunkBy(Duration.ofMillis(300)))));
    }

    private Network afterSomeBytes(String name, Fate fate) throws IOException {
        Behaviour behaviour = Behaviour.good().afterBytesOfBody(SOME_BYTES, fate);
        return network(name, Map.of("/ws", behaviour, "/sse", behaviour));
    }

    private Network network(String name, Map<String, Behaviour> behaviours) throws IOException {
        HostileProxy proxy = HostileProxy.inFrontOf(URI.create(address()).getPort());
        proxies.add(proxy);
        behaviours.forEach(proxy::behave);
        Person visitor = someone();
        visitor.mayComplainOf("WebSocket connection");
        visitor.mayComplainOf("ERR_");
        return new Network(name, LibraryPage.of(visitor, proxy.address()));
    }

    /** All at once: most of their time they wait. */
    @Test
    void theWholeConversationArrives() throws IOException {
        List<Network> networks = networks();
        networks.forEach(network -> network.page.visit());
        for (Network network : networks) {
            network.page.awaitConnection();
            network.page.say("/say First");
        }
        networks.forEach(network -> network.await("dialog.log.messages.length === 2"));
        networks.getFirst().page.page.waitForTimeout(NO_WORD_MS); // for what is cut when nothing is said
        networks.forEach(network -> network.page.say("/long 120"));
        networks.forEach(
                network -> network.await("dialog.log.messages.length === 4 && dialog.log.pending.length === 0"));

        for (Network network : networks) {
            assertThat(network.page.texts()).as(network.name).containsExactly("/say First", "First", "/long 120",
                    answerTo("/long 120"));
            assertThat(network.page.heard()).as(network.name).hasSize(4);
            System.out.printf("A network that %s: all was there, over %s%n", network.name, network.page.transport());
        }
    }
}
