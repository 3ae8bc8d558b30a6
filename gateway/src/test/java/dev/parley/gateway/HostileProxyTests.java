package dev.parley.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.gateway.Behaviour.Fate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the proxy does to bytes, with a bare socket at each end. */
@Timeout(60)
class HostileProxyTests {

    private static final int PATIENCE_MS = 30_000;
    private static final int NOTHING_FOR_MS = 200;
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

    private final ServerSocket gateway = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final HostileProxy proxy = HostileProxy.inFrontOf(gateway.getLocalPort());
    private final List<AutoCloseable> open = new ArrayList<>(List.of(proxy, gateway));

    HostileProxyTests() throws IOException {}

    @BeforeEach
    void patience() throws IOException {
        gateway.setSoTimeout(PATIENCE_MS);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    @Test
    void aGoodOneCarriesBothWays() throws IOException {
        Pair pair = connect("/sse/dialogs/1?since=0", "");
        assertThat(pair.request).startsWith("GET /sse/dialogs/1?since=0 HTTP/1.1").contains("Host: parley")
                .endsWith("Connection: close");
        pair.answer(HEAD + "one");
        pair.expect(HEAD + "one");
        pair.say("more");
        assertThat(read(pair.server, 4)).isEqualTo("more");
        pair.server.close();
        pair.expectEnd(pair.client);
        assertThat(proxy.requests("/sse")).containsExactly("/sse/dialogs/1?since=0");
    }

    @Test
    void whenAClientLeavesTheGatewayIsTold() throws IOException {
        Pair pair = connect("/sse", "");
        pair.client.close();
        pair.expectEnd(pair.server);
        Awaitility.await().until(() -> proxy.open("/sse") == 0);
    }

    @Test
    void aHandshakeGoesThroughAsItIs() throws IOException {
        assertThat(connect("/ws", UPGRADE).request).contains("Upgrade: websocket", "Connection: Upgrade")
                .doesNotContain("close");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 502})
    void aHandshakeIsRefusedAndNothingElse(int status) throws IOException {
        proxy.behave("/", Behaviour.good().refusingUpgrades(status));
        Socket client = send("/ws", UPGRADE);
        assertThat(read(client, 12)).isEqualTo("HTTP/1.1 " + status);
        client.getInputStream().readAllBytes();

        Pair pair = connect("/sse", "");
        pair.answer(HEAD);
        pair.expect(HEAD);
    }

    @Test
    void aHandshakeWithoutItsUpgradeIsAPlainRequest() throws IOException {
        proxy.behave("/ws", Behaviour.good().strippingUpgrades());
        assertThat(connect("/ws", UPGRADE).request).startsWith("GET /ws").contains("Connection: close")
                .doesNotContainIgnoringCase("upgrade");
    }

    @Test
    void aBodyIsHeldBackUntilThereIsEnoughOfIt() throws IOException {
        proxy.behave("/sse", Behaviour.good().bufferingUntil(64 * 1024));
        Pair pair = connect("/sse", "");
        pair.answer(HEAD + "x".repeat(64 * 1024 - 1));
        pair.expect(HEAD);
        pair.expectNothing(pair.client);
        pair.answer("y");
        pair.expect("x".repeat(64 * 1024 - 1) + "y");
        pair.answer("z");
        pair.expectNothing(pair.client);
    }

    @Test
    void aBodyIsHeldBackUntilItsEnd() throws IOException {
        proxy.behave("/sse", Behaviour.good().bufferingForEver());
        Pair pair = connect("/sse", "");
        pair.answer(HEAD + "x".repeat(200_000));
        pair.expect(HEAD);
        pair.expectNothing(pair.client);
        pair.server.close();
        pair.expect("x".repeat(200_000));
        pair.expectEnd(pair.client);
    }

    @Test
    void whoIsHealedLetsGoOfWhatItHeldBack() throws IOException {
        proxy.behave("/sse", Behaviour.good().bufferingForEver());
        Pair pair = connect("/sse", "");
        pair.answer(HEAD + "one");
        pair.expect(HEAD);
        pair.expectNothing(pair.client);
        proxy.heal();
        pair.expect("one");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void aConnectionIsCutAfterExactlySoManyBytesOfTheBody(int bytes) throws IOException {
        proxy.behave("/sse", Behaviour.good().afterBytesOfBody(bytes, Fate.CUT));
        Pair pair = connect("/sse", "");
        for (char c : (HEAD + "0123456789").toCharArray()) {
            pair.tryToAnswer(Character.toString(c));
        }
        pair.expect(HEAD + "0123456789".substring(0, bytes));
        pair.expectEnd(pair.client);
        pair.expectEnd(pair.server);
    }

    @Test
    void aConnectionIsCutInTheMiddleOfAHead() throws IOException {
        proxy.behave("/ws", Behaviour.good().afterBytes(20, Fate.CUT));
        Pair pair = connect("/ws", UPGRADE);
        pair.answer(HEAD);
        pair.expect(HEAD.substring(0, 20));
        pair.expectEnd(pair.client);
    }

    @Test
    void aConnectionIsCutWhenItIsIdle() throws Exception {
        proxy.behave("/sse", Behaviour.good().cuttingWhenIdleFor(Duration.ofSeconds(1)));
        Pair pair = connect("/sse", "");
        for (int i = 0; i < 15; i++) {
            pair.answer("x");
            pair.expect("x");
            Thread.sleep(100);
        }
        pair.expectEnd(pair.client);
        pair.expectEnd(pair.server);
    }

    @Test
    void eachChunkIsDelayed() throws IOException {
        proxy.behave("/ws", Behaviour.good().delayingEachChunkBy(Duration.ofMillis(300)));
        Pair pair = connect("/ws", "");
        long start = System.nanoTime();
        pair.answer("x");
        pair.expect("x");
        pair.say("y");
        read(pair.server, 1);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(600));
    }

    @Test
    void aClientIsToldThatNothingMoreComesAndMayStillSend() throws IOException {
        proxy.behave("/ws", Behaviour.good().afterBytesOfBody(3, Fate.HALF_CLOSE_TO_CLIENT));
        Pair pair = connect("/ws", UPGRADE);
        pair.answer(HEAD + "one, two");
        pair.expect(HEAD + "one");
        pair.expectEnd(pair.client);
        pair.say("still here");
        assertThat(read(pair.server, 10)).isEqualTo("still here");
    }

    @Test
    void theGatewayIsToldThatNothingMoreComesAndTheClientIsNot() throws IOException {
        proxy.behave("/ws", Behaviour.good().afterBytesOfBody(3, Fate.HALF_CLOSE_TO_SERVER));
        Pair pair = connect("/ws", UPGRADE);
        pair.answer(HEAD + "one, two");
        pair.expect(HEAD + "one");
        pair.expectEnd(pair.server);
        pair.server.close();
        pair.expectNothing(pair.client);
    }

    @Test
    void aBlackHoleTakesAllAndGivesNothing() throws IOException {
        proxy.behave("/ws", Behaviour.good().blackHole());
        Socket client = send("/ws", UPGRADE);
        for (int i = 0; i < 100; i++) {
            client.getOutputStream().write(new byte[10_000]);
        }
        client.setSoTimeout(NOTHING_FOR_MS);
        assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> client.getInputStream().read());
        gateway.setSoTimeout(NOTHING_FOR_MS);
        assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(gateway::accept);
    }

    @Test
    void aConnectionBecomesABlackHole() throws IOException {
        proxy.behave("/ws", Behaviour.good().afterBytesOfBody(3, Fate.BLACK_HOLE));
        Pair pair = connect("/ws", UPGRADE);
        pair.answer(HEAD + "one, two");
        pair.expect(HEAD + "one");
        pair.say("is anybody there?");
        pair.expectNothing(pair.server);
        pair.answer("three");
        pair.expectNothing(pair.client);
        pair.server.close();
        pair.expectNothing(pair.client);
    }

    @Test
    void whatBefallsConnectionsDoesNotBefallThoseThatCome() throws IOException {
        Pair before = connect("/ws", "");
        Pair other = connect("/sse", "");
        proxy.befall("/ws", Fate.CUT);
        before.expectEnd(before.client);
        other.answer("x");
        other.expect("x");
        Pair after = connect("/ws", "");
        after.answer("x");
        after.expect("x");
    }

    @Test
    void theLongestBeginningOfAPathCounts() throws IOException {
        proxy.behave("/", Behaviour.good().blackHole());
        proxy.behave("/poll", Behaviour.good());
        Pair pair = connect("/poll/dialogs/1", "");
        pair.answer("x");
        pair.expect("x");
        pair.expectNothing(send("/api", ""));
    }

    @Test
    void openConnectionsFeelAChangeWithTheNextByte() throws IOException {
        Pair pair = connect("/ws", UPGRADE);
        pair.answer(HEAD + "one");
        pair.expect(HEAD + "one");
        proxy.behave("/ws", Behaviour.good().afterBytesOfBody(5, Fate.CUT));
        pair.answer("two");
        pair.expect("tw");
        pair.expectEnd(pair.client);
    }

    @Test
    void whoIsOfflineHasNoConnectionsUntilAllIsWell() throws IOException {
        Pair pair = connect("/ws", "");
        proxy.offline();
        pair.expectEnd(pair.client);
        pair.expectEnd(send("/ws", ""));
        proxy.heal();
        connect("/ws", "");
    }

    private Pair connect(String path, String headers) throws IOException {
        Socket client = send(path, headers);
        Socket server = gateway.accept();
        server.setSoTimeout(PATIENCE_MS);
        open.add(server);
        HttpHead request = HttpHead.read(server.getInputStream());
        assertThat(request).isNotNull();
        return new Pair(client, server, String.join("\n", request.lines()));
    }

    private Socket send(String path, String headers) throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(PATIENCE_MS);
        open.add(client);
        try {
            client.getOutputStream()
                    .write("GET %s HTTP/1.1\r\nHost: parley\r\n%s\r\n".formatted(path, headers).getBytes(ISO_8859_1));
        } catch (IOException offline) {
            // reading will tell
        }
        return client;
    }

    private static String read(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
    }

    /** The two ends of a connection, and the request that came through. */
    private record Pair(Socket client, Socket server, String request) {

        void answer(String text) throws IOException {
            server.getOutputStream().write(text.getBytes(ISO_8859_1));
        }

        /** The connection may have been cut by then. */
        void tryToAnswer(String text) {
            try {
                answer(text);
            } catch (IOException cut) {
                // which the test looks at afterwards
            }
        }

        void say(String text) throws IOException {
            client.getOutputStream().write(text.getBytes(ISO_8859_1));
        }

        void expect(String text) throws IOException {
            assertThat(read(client, text.length())).isEqualTo(text);
        }

        void expectEnd(Socket socket) {
            try {
                socket.setSoTimeout(PATIENCE_MS);
                assertThat(socket.getInputStream().read()).isNegative();
            } catch (SocketTimeoutException stillOpen) {
                throw new AssertionError("the connection is open", stillOpen);
            } catch (IOException reset) {
                // an end, too
            }
        }

        void expectNothing(Socket socket) throws IOException {
            socket.setSoTimeout(NOTHING_FOR_MS);
            assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> socket.getInputStream().read());
            socket.setSoTimeout(PATIENCE_MS);
        }
    }
}
