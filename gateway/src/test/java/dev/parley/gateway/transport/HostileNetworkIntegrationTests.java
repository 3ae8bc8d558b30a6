package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.gateway.Behaviour;
import dev.parley.gateway.Behaviour.Fate;
import dev.parley.gateway.HostileProxy;
import dev.parley.gateway.transport.Reader.Transport;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpMethod;

/**
 * Whatever the network does, a client that goes on from its cursor ends with a transcript that is complete, in order and
 * without a repeat. Each test has a dialog and a proxy of its own and waits most of its time, so several run at once.
 */
@Execution(ExecutionMode.CONCURRENT)
class HostileNetworkIntegrationTests extends Conversations {

    private static final int MESSAGES = 50;
    private static final int SOME_EVENTS = 12_000;
    private static final Behaviour GOOD = Behaviour.good();

    private Opened visitor;
    private String operator;
    private HostileProxy proxy;
    private int posted;

    @BeforeEach
    void start() throws IOException {
        visitor = visitor();
        operator = operatorToken();
        proxy = HostileProxy.inFrontOf(URI.create(address()).getPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
    }

    static Stream<Arguments> breaks() {
        List<Arguments> all = new ArrayList<>();
        for (Transport transport : List.of(Transport.WEB_SOCKET, Transport.SSE)) {
            for (Fate fate : Fate.values()) {
                all.add(Arguments.of(transport, named(fate + " after some events",
                        GOOD.afterBytesOfBody(SOME_EVENTS, fate))));
            }
        }
        for (Transport transport : Transport.values()) {
            all.add(Arguments.of(transport,
                    named("cut when idle", GOOD.cuttingWhenIdleFor(Duration.ofMillis(400)))));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("breaks")
    void whoIsCutOffAgainAndAgainMissesNothing(Transport transport, Behaviour behaviour) {
        proxy.behave(path(transport), behaviour);
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, transport)) {
            say(MESSAGES);
            awaitAll(reader);
            awaitRequests(transport, 2);
            say(MESSAGES);
            awaitAll(reader);
            awaitRequests(transport, 3);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void delaysOnlyDelay(Transport transport) {
        proxy.behave("/", GOOD.delayingEachChunkBy(Duration.ofMillis(50)));
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, transport)) {
            say(MESSAGES);
            awaitAll(reader);
        }
    }

    @ParameterizedTest
    @MethodSource("transports")
    void whoWasOfflineOrInABlackHoleIsToldTheRest(Transport transport) {
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, transport)) {
            say(MESSAGES);
            awaitAll(reader);
            proxy.offline();
            say(MESSAGES);
            proxy.heal();
            awaitAll(reader);
            proxy.behave(path(transport), GOOD.blackHole());
            proxy.befall(path(transport), Fate.BLACK_HOLE);
            say(MESSAGES);
            awaitRequests(transport, proxy.requests(path(transport)).size() + 1);
            proxy.heal();
            awaitAll(reader);
        }
    }

    /** A response that was cut is asked for again, with the same cursor. */
    @Test
    void aPollWhoseResponseIsCutOffLosesNothing() {
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, Transport.POLL)) {
            say(MESSAGES);
            awaitAll(reader);
            proxy.behave("/poll", GOOD.afterBytesOfBody(50, Fate.CUT));
            say(MESSAGES);
            awaitRequests(Transport.POLL, proxy.requests("/poll").size() + 3);
            proxy.heal();
            awaitAll(reader);
        }
    }

    static Stream<Arguments> transports() {
        return Stream.of(Transport.values()).map(Arguments::of);
    }

    static Stream<Arguments> refusals() {
        return Stream.concat(
                Stream.of(400, 403, 502).map(status -> named("refused with " + status, GOOD.refusingUpgrades(status))),
                Stream.of(named("without its Upgrade", GOOD.strippingUpgrades()),
                        named("swallowed", GOOD.blackHole())))
                .map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whereNoWebSocketGetsThroughAStreamDoes(Behaviour behaviour) {
        proxy.behave("/ws", behaviour);
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, Transport.values())) {
            say(MESSAGES);
            awaitAll(reader);
            assertThat(reader.heardBy()).doesNotContain(Transport.WEB_SOCKET).isNotEmpty();
        }
    }

    static Stream<Arguments> mutes() {
        return Stream.of(named("buffered until 64 KB", GOOD.bufferingUntil(64 * 1024)),
                named("buffered for ever", GOOD.bufferingForEver()), named("swallowed", GOOD.blackHole()),
                named("swallowed after its head", GOOD.afterBytesOfBody(0, Fate.BLACK_HOLE))).map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("mutes")
    void whereNoStreamGetsThroughPollsDo(Behaviour behaviour) {
        proxy.behave("/ws", GOOD.refusingUpgrades(403));
        proxy.behave("/sse", behaviour);
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, Transport.values())) {
            say(MESSAGES);
            awaitAll(reader);
            assertThat(reader.heardBy()).containsExactly(Transport.POLL);
        }
    }

    @Test
    void aNetworkThatGetsWorseAndWorseCostsNothing() {
        try (StubbornReader reader = StubbornReader.start(proxy.address(), visitor, Transport.values())) {
            say(MESSAGES);
            awaitAll(reader);
            worsen("/ws", GOOD.refusingUpgrades(502));
            say(MESSAGES);
            awaitAll(reader);
            worsen("/sse", GOOD.bufferingForEver());
            say(MESSAGES);
            awaitAll(reader);
            assertThat(reader.heardBy()).contains(Transport.POLL);
        }
    }

    private void worsen(String path, Behaviour behaviour) {
        proxy.behave(path, behaviour);
        proxy.befall(path, Fate.CUT);
    }

    /** An operator's words, so that no answers come in between; the first takes the dialog over. */
    private void say(int messages) {
        for (int i = 0; i < messages; i++) {
            json(request(HttpMethod.POST, "/api/dialogs/%d/messages".formatted(visitor.dialogId()), operator)
                    .bodyValue(Map.of("client_msg_id", "o" + posted++, "text", "words ".repeat(50))), 201);
        }
    }

    private void awaitAll(StubbornReader reader) {
        long newest = posted + 1L;
        Awaitility.await().atMost(TIMEOUT.multipliedBy(2)).pollInterval(Duration.ofMillis(20))
                .until(() -> reader.seqs().contains(newest));
        assertThat(reader.seqs()).containsExactlyElementsOf(LongStream.rangeClosed(1, newest).boxed().toList());
    }

    private void awaitRequests(Transport transport, int count) {
        Awaitility.await().atMost(TIMEOUT).until(() -> proxy.requests(path(transport)).size() >= count);
    }

    private static String path(Transport transport) {
        return switch (transport) {
            case WEB_SOCKET -> "/ws";
            case SSE -> "/sse";
            case POLL -> "/poll";
        };
    }

    private static Named<Behaviour> named(String name, Behaviour behaviour) {
        return Named.of(name, behaviour);
    }
}
