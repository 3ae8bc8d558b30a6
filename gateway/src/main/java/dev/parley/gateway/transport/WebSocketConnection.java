package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.Problem;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * One WebSocket, from its handshake to its close. What comes in is worked on by {@link WebSocketFrames}; what goes out waits
 * in an {@link Outbox}.
 */
final class WebSocketConnection implements Connection, Subscriptions.Greeting, WebSocketFrames.Client {

    private static final Logger log = LoggerFactory.getLogger(WebSocketConnection.class);

    /** What a connection that broke off ends with (RFC 6455, section 7.4.1). */
    private static final int NO_CODE = 1006;

    /** How long a client may take for the close frame before the channel is closed hard. */
    private static final Duration POLITENESS = Duration.ofSeconds(2);

    private final CarrierTools tools;
    private final NativeChannel channel;
    private final Permit permit;
    private final Disposable seat;
    private final String id = UUID.randomUUID().toString();
    private final WebSocketWire wire;
    private final ChannelWriter writer;
    private final Outbox outbox;
    private final Subscriptions subscriptions;
    private final WebSocketFrames frames;
    private final Sinks.One<CloseStatus> closing = Sinks.one();
    private final Sinks.Empty<Void> written = Sinks.empty();

    // Milliseconds since the epoch.
    private volatile long heardAt = System.currentTimeMillis();
    private volatile long pingedAt = heardAt;
    private volatile long spokeAt = heardAt;
    private volatile long hardCloseAt = Long.MAX_VALUE;

    private volatile long pingedNanos;
    private volatile int ownCode = NO_CODE;

    /**
     * @param seat given back at the end
     * @param address from which it comes, as limits know it; absent: they do not hold it
     * @param onlyDialog the dialog that this socket is of; absent: of all to which its client subscribes
     */
    WebSocketConnection(CarrierTools tools, NativeChannel channel, WebSocketWire wire, Permit permit, Disposable seat,
            @Nullable String address, @Nullable Long onlyDialog) {
        this.tools = tools;
        this.channel = channel;
        this.permit = permit;
        this.seat = seat;
        this.wire = wire;
        this.writer = channel.writer(wire.wrapping());
        this.outbox = new Outbox(tools.settings().outbox(), writer, wire.events(),
                tools.statistics().of(Transport.WEBSOCKET), this::fail);
        this.subscriptions = new Subscriptions(tools, permit, outbox, this, onlyDialog);
        this.frames = new WebSocketFrames(tools, permit, address, subscriptions, this);
    }

    /** Carries frames both ways until one side closes. */
    Mono<Void> run(WebsocketInbound in, WebsocketOutbound out, Runnable begin) {
        long start = System.nanoTime();
        return Mono.defer(() -> {
            channel.forgetRequestHeaders();
            channel.forgetResponseHeaders();
            tools.connections().add(this);
            tools.statistics().opened(Transport.WEBSOCKET);
            writer.open(outbox::write);
            begin.run();
            return carry(in, out);
        }).doFinally(end -> {
            tools.connections().remove(this);
            tools.statistics().closed(Duration.ofNanos(System.nanoTime() - start), closeCode(in));
            outbox.discard();
            subscriptions.dispose();
            seat.dispose();
        });
    }

    /** The code that this side or the other has given. */
    private int closeCode(WebsocketInbound in) {
        // Where this side closes, Reactor Netty ends the frames before it tells the code.
        AtomicInteger code = new AtomicInteger(ownCode);
        in.receiveCloseStatus().subscribe(given -> code.set(given.code())).dispose(); // known by now, or not at all
        return code.get();
    }

    /** Follows the one dialog of this socket. */
    void follow(Follower follower) {
        subscriptions.follow(follower, () -> {}); // the seat is this connection's own
    }

    /** Ends when the client has gone, or when all is written that was to be written and the reason is given. */
    private Mono<Void> carry(WebsocketInbound in, WebsocketOutbound out) {
        Mono<Void> sending = written.asMono().then(Mono.defer(() -> giveReason(out)));
        Mono<Void> receiving = frames.workOn(in.receiveFrames().doOnNext(this::hear))
                .onErrorResume(error -> hasGone(error)
                        ? Mono.empty()
                        : Mono.fromRunnable(() -> fail(error)).then(channel.closed()));
        return Mono.firstWithSignal(receiving, sending);
    }

    private void hear(WebSocketFrame frame) {
        heardAt = System.currentTimeMillis();
        if (frame instanceof PongWebSocketFrame && pingedNanos != 0) {
            tools.statistics().roundTrip(Duration.ofNanos(System.nanoTime() - pingedNanos));
            pingedNanos = 0;
        }
    }

    private Mono<Void> giveReason(WebsocketOutbound out) {
        return closing.asMono()
                .doOnNext(reason -> channel.closePolitely(POLITENESS))
                .flatMap(reason -> out.sendClose(reason.getCode(), reason.getReason()).onErrorComplete())
                .timeout(POLITENESS)
                .onErrorResume(notTaken -> Mono.fromRunnable(channel::closeHard));
    }

    /** Whether the error only says that the client is not there any more, for which it needs no permission. */
    static boolean hasGone(Throwable error) {
        return error instanceof IOException || error instanceof AbortedException;
    }

    private void fail(Throwable error) {
        if (hasGone(error)) {
            return;
        }
        CloseStatus reason = CloseReasons.of(error);
        if (reason.getCode() == Problem.INTERNAL_ERROR.close()) {
            log.error("A WebSocket failed", error);
        }
        close(reason);
    }

    @Override
    public long heardAt() {
        return heardAt;
    }

    @Override
    public void say(byte[] json) {
        outbox.reply(wire.reply().apply(json));
    }

    @Override
    public void pong(ByteBuffer content) {
        channel.pong(content);
    }

    @Override
    public void toDialog(Follower follower) {
        say(tools.events().hello(follower.dialog(), id, audience(), tools.settings().pingInterval()));
    }

    @Override
    public void toInbox() {
        say(tools.events().inboxHello(id, audience(), tools.settings().pingInterval()));
    }

    @Override
    public void tend(long now) {
        long beat = tools.settings().pingInterval().toMillis();
        if (outbox.hasSpoken()) {
            spokeAt = now;
        }
        if (now > hardCloseAt) {
            channel.closeHard();
        } else if (outbox.stalledFor(now) > tools.settings().writeTimeout().toMillis()) {
            close(CloseReasons.DOES_NOT_READ);
        } else if (now > heardAt + tools.settings().pongTimeout().toMillis()) {
            close(CloseReasons.SILENT);
        } else if (permit.hasEnded(now)) {
            close(CloseReasons.TOKEN_ENDED);
        } else {
            if (now > pingedAt + beat) {
                if (pingedNanos != 0) {
                    tools.statistics().missedPing();
                }
                pingedAt = now;
                pingedNanos = System.nanoTime();
                outbox.sign(WebSocketText.PING);
            }
            if (now > spokeAt + beat) {
                spokeAt = now;
                // A browser cannot see a WebSocket's own ping, and needs another where it has seen nothing else.
                outbox.sign(wire.reply().apply(tools.events().ping(subscriptions.onlyDialog())));
            }
        }
    }

    @Override
    public void leave(Duration reconnectAfter) {
        say(tools.events().goodbye(subscriptions.onlyDialog(), reconnectAfter));
        close(CloseReasons.GOING_AWAY);
    }

    @Override
    public void close(CloseStatus reason) {
        if (closing.tryEmitValue(reason).isSuccess()) {
            ownCode = reason.getCode();
            hardCloseAt = System.currentTimeMillis() + POLITENESS.toMillis();
            outbox.end(written::tryEmitEmpty);
        }
    }

    @Override
    public Transport transport() {
        return Transport.WEBSOCKET;
    }

    @Override
    public Audience audience() {
        return permit.audience();
    }

    @Override
    public Caller caller() {
        return permit.caller();
    }

    @Override
    public LongStream dialogs() {
        return subscriptions.dialogs();
    }
}
