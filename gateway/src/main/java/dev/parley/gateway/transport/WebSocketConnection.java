package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.transport.IncomingFrames.Incoming;
import dev.parley.gateway.transport.Outbox.Frame;
import dev.parley.gateway.web.Problems;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.websocket.WebsocketInbound;
import reactor.netty.http.websocket.WebsocketOutbound;

/**
 * One WebSocket that follows one dialog, from its handshake to its close. The client's frames are worked on one after the
 * other, so what it sends is stored in the order in which it was sent.
 */
final class WebSocketConnection implements Connection {

    private static final Logger log = LoggerFactory.getLogger(WebSocketConnection.class);

    /** How long a client may take for the close frame before the channel is closed hard. */
    private static final Duration POLITENESS = Duration.ofSeconds(2);

    private final Follower follower;
    private final Disposable seat;
    private final CarrierTools tools;
    private final Runnable hardClose;
    private final Permit permit;
    private final String id = UUID.randomUUID().toString();
    private final Outbox outbox = new Outbox(Schedulers.parallel());
    private final Disposable.Swap here = Disposables.swap();
    private final IncomingFrames incoming;
    private final BadFrames badFrames = new BadFrames();
    private final Sinks.One<CloseStatus> closing = Sinks.one();

    private volatile Instant heardAt = Instant.now();
    private volatile Instant pingedAt = heardAt;
    private volatile Instant wroteAt = heardAt;
    private volatile Instant hardCloseAt = Instant.MAX;

    /**
     * @param seat given back at the end
     * @param hardClose closes the channel, whatever is still to be written
     */
    WebSocketConnection(Follower follower, Disposable seat, CarrierTools tools, Runnable hardClose) {
        this.follower = follower;
        this.seat = seat;
        this.tools = tools;
        this.hardClose = hardClose;
        this.permit = new Permit(tools.authenticator(), follower.audience(), follower.session());
        this.incoming = new IncomingFrames(Math.toIntExact(tools.settings().maxFrameBytes().toBytes()));
    }

    /** Carries frames both ways until one side closes. */
    Mono<Void> run(WebsocketInbound in, WebsocketOutbound out) {
        return Mono.defer(() -> {
            tools.connections().add(this);
            here.update(tools.people().enter(dialogId(), caller()));
            outbox.add(new Frame.Reply(tools.events()
                    .hello(follower.dialog(), id, audience(), tools.settings().pingInterval())));
            follow();
            return carry(in, out);
        }).doFinally(end -> {
            tools.connections().remove(this);
            outbox.end();
            here.dispose();
            permit.dispose();
            seat.dispose();
        });
    }

    private void follow() {
        tools.feed()
                .follow(dialogId(), follower.since())
                .filter(event -> Visibility.of(event, follower.audience(), caller(), follower.echo()))
                .<Frame>map(event -> new Frame.Event(tools.events().write(event, follower.format())))
                .subscribe(outbox);
    }

    /** Ends when the client has gone, or when all is written that was to be written and the reason is given. */
    private Mono<Void> carry(WebsocketInbound in, WebsocketOutbound out) {
        Flux<WebSocketFrame> frames = outbox.frames()
                .map(this::encoded)
                .onErrorResume(error -> Flux.<WebSocketFrame>empty().doOnSubscribe(nothing -> fail(error)));
        Mono<Void> sending = out.sendObject(frames).then().then(Mono.defer(() -> giveReason(out)));
        Mono<Void> receiving = in.receiveFrames()
                .map(incoming::accept)
                .concatMap(this::receive)
                .then()
                .onErrorResume(error -> hasGone(error)
                        ? Mono.empty()
                        : Mono.fromRunnable(() -> fail(error)).then(Mono.never()));
        return Mono.firstWithSignal(receiving, sending);
    }

    private Mono<Void> giveReason(WebsocketOutbound out) {
        return closing.asMono()
                .flatMap(reason -> out.sendClose(reason.getCode(), reason.getReason()))
                .timeout(POLITENESS)
                .onErrorResume(notTaken -> Mono.fromRunnable(hardClose));
    }

    /** Whether the error only says that the client is not there any more, for which it needs no permission. */
    private static boolean hasGone(Throwable error) {
        return error instanceof IOException || error instanceof AbortedException;
    }

    private void fail(Throwable error) {
        if (hasGone(error)) {
            return;
        }
        CloseStatus reason = CloseReasons.of(error);
        if (reason.getCode() == Problem.INTERNAL_ERROR.close()) {
            log.error("A connection to dialog {} failed", dialogId(), error);
        }
        close(reason);
    }

    private WebSocketFrame encoded(Frame frame) {
        wroteAt = Instant.now();
        return switch (frame) {
            case Frame.Event(String json) -> new TextWebSocketFrame(json);
            case Frame.Reply(String json) -> new TextWebSocketFrame(json);
            case Frame.Ping() -> new PingWebSocketFrame();
        };
    }

    private Mono<Void> receive(Incoming message) {
        heardAt = Instant.now();
        return switch (message) {
            case Incoming.Text(String text) -> receive(text);
            case Incoming.Sign() -> Mono.empty();
            case Incoming.Wrong(CloseStatus reason) -> Mono.fromRunnable(() -> close(reason));
        };
    }

    private Mono<Void> receive(String text) {
        ClientFrame frame;
        try {
            frame = ClientFrame.read(tools.json(), text);
        } catch (ProblemException bad) {
            refuse(bad, null);
            if (badFrames.add(Instant.now())) {
                close(CloseReasons.BAD_FRAMES);
            }
            return Mono.empty();
        }
        String clientMsgId = frame instanceof ClientFrame.Post post ? post.clientMsgId() : null;
        return act(frame).onErrorResume(error -> {
            refuse(explain(error), clientMsgId);
            return Mono.empty();
        });
    }

    private Mono<Void> act(ClientFrame frame) {
        return switch (frame) {
            case ClientFrame.Post(String clientMsgId, String words) -> tools.commands()
                    .post(caller(), dialogId(), clientMsgId, words)
                    .doOnNext(posted -> outbox.add(new Frame.Reply(tools.events().ack(posted))))
                    .then();
            case ClientFrame.Typing(boolean active) ->
                Mono.fromRunnable(() -> tools.commands().typing(caller(), dialogId(), active));
            case ClientFrame.Receipt(Long deliveredSeq, Long readSeq) ->
                tools.commands().receipt(caller(), follower.dialog(), deliveredSeq, readSeq);
            case ClientFrame.Cancel(String requestId) -> tools.commands().cancel(dialogId(), requestId);
            case ClientFrame.RequestHuman() when caller() instanceof Caller.Operator ->
                Mono.error(Problem.FORBIDDEN::exception);
            case ClientFrame.RequestHuman() -> tools.commands().handOff(caller(), dialogId()).then();
            case ClientFrame.Auth(String token) -> permit.renew(token);
            case ClientFrame.Ping() ->
                Mono.fromRunnable(() -> outbox.add(new Frame.Reply(tools.events().pong(dialogId()))));
            case ClientFrame.Pong() -> Mono.empty();
        };
    }

    private ProblemException explain(Throwable error) {
        ProblemException problem = Problems.of(error);
        if (problem.problem() == Problem.INTERNAL_ERROR) {
            log.error("A frame for dialog {} failed", dialogId(), error);
        }
        return problem;
    }

    private void refuse(ProblemException problem, @Nullable String clientMsgId) {
        outbox.add(new Frame.Reply(tools.events().error(dialogId(), problem, clientMsgId)));
    }

    @Override
    public void tend(Instant now) {
        Duration beat = tools.settings().pingInterval();
        if (now.isAfter(hardCloseAt)) {
            hardClose.run();
        } else if (outbox.stalledFor() > tools.settings().writeTimeout().toMillis()) {
            close(CloseReasons.DOES_NOT_READ);
        } else if (now.isAfter(heardAt.plus(tools.settings().pongTimeout()))) {
            close(CloseReasons.SILENT);
        } else if (permit.hasEnded(now)) {
            close(CloseReasons.TOKEN_ENDED);
        } else if (now.isAfter(pingedAt.plus(beat))) {
            pingedAt = now;
            beat(now, beat);
        }
    }

    /** A browser cannot see a WebSocket's own ping, and needs another only where it has seen nothing else. */
    private void beat(Instant now, Duration beat) {
        outbox.add(new Frame.Ping());
        if (now.isAfter(wroteAt.plus(beat))) {
            outbox.add(new Frame.Reply(tools.events().ping(dialogId())));
        }
    }

    @Override
    public void leave(Duration reconnectAfter) {
        outbox.add(new Frame.Reply(tools.events().goodbye(dialogId(), reconnectAfter)));
        close(CloseReasons.GOING_AWAY);
    }

    @Override
    public void close(CloseStatus reason) {
        if (closing.tryEmitValue(reason).isSuccess()) {
            hardCloseAt = Instant.now().plus(POLITENESS);
            outbox.end();
        }
    }

    private Caller caller() {
        return permit.caller();
    }

    private long dialogId() {
        return follower.dialog().id();
    }

    @Override
    public String transport() {
        return "websocket";
    }

    @Override
    public String audience() {
        return follower.audience().name().toLowerCase(Locale.ROOT);
    }
}
