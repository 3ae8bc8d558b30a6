package dev.parley.gateway.transport;

import dev.parley.gateway.access.Caller;
import dev.parley.gateway.limits.OwnLimit;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.problem.ProblemException;
import dev.parley.gateway.transport.ClientFrame.Addressed;
import dev.parley.gateway.transport.IncomingFrames.Incoming;
import dev.parley.gateway.web.Problems;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.publisher.Mono;

/**
 * Works on what the client of one WebSocket sends, one frame after the other, so that what it says is stored in the order in
 * which it was said.
 */
final class WebSocketFrames {

    private static final Logger log = LoggerFactory.getLogger(WebSocketFrames.class);

    private final CarrierTools tools;
    private final Permit permit;
    private final @Nullable String address;
    private final Subscriptions subscriptions;
    private final Client client;
    private final IncomingFrames incoming;
    private final OwnLimit.Bucket room;
    private final BadFrames badFrames = new BadFrames();

    /** Who sends the frames. */
    interface Client {

        /** When it was heard last, in milliseconds. */
        long heardAt();

        void say(byte[] json);

        void pong(ByteBuffer content);

        void close(CloseStatus reason);
    }

    /** @param address from which they come, as limits know it; absent: they do not hold it */
    WebSocketFrames(CarrierTools tools, Permit permit, @Nullable String address, Subscriptions subscriptions,
            Client client) {
        this.tools = tools;
        this.permit = permit;
        this.address = address;
        this.subscriptions = subscriptions;
        this.client = client;
        this.room = tools.frameLimit().newBucket();
        this.incoming = new IncomingFrames(Math.toIntExact(tools.settings().maxFrameBytes().toBytes()));
    }

    /** Reads a frame; it is not needed afterwards. */
    Incoming accept(WebSocketFrame frame) {
        return incoming.accept(frame);
    }

    /** Does what the client wants; ends when that is done, and never fails because of the client. */
    Mono<Void> receive(Incoming message) {
        return switch (message) {
            case Incoming.Text(String text) -> receive(text);
            case Incoming.Ping(ByteBuffer content) -> {
                if (hasRoom(FrameLimit.ONE, null, null)) {
                    client.pong(content);
                }
                yield Mono.empty();
            }
            case Incoming.Sign() -> {
                hasRoom(FrameLimit.ONE, null, null);
                yield Mono.empty();
            }
            case Incoming.Wrong(CloseStatus reason) -> Mono.fromRunnable(() -> client.close(reason));
        };
    }

    private Mono<Void> receive(String text) {
        Addressed addressed;
        try {
            addressed = ClientFrame.read(tools.json(), text);
        } catch (ProblemException bad) {
            refuse(subscriptions.onlyDialog(), bad, null);
            return Mono.empty();
        }
        String clientMsgId = addressed.frame() instanceof ClientFrame.Post post ? post.clientMsgId() : null;
        Long dialogId = addressed.dialogId() == null ? subscriptions.onlyDialog() : addressed.dialogId();
        if (!hasRoom(FrameLimit.cost(addressed.frame()), dialogId, clientMsgId)) {
            return Mono.empty();
        }
        return Mono.defer(() -> act(addressed)).onErrorResume(error -> {
            refuse(dialogId, explain(error), clientMsgId);
            return Mono.empty();
        });
    }

    private Mono<Void> act(Addressed addressed) {
        Long named = addressed.dialogId();
        return switch (addressed.frame()) {
            case ClientFrame.Post(String clientMsgId, String words) -> tools.commands()
                    .post(caller(), address, subscriptions.dialogOf(named), clientMsgId, words)
                    .doOnNext(posted -> client.say(tools.events().ack(posted)))
                    .then();
            case ClientFrame.Typing(boolean active) -> done(
                    () -> tools.commands().typing(caller(), subscriptions.dialogOf(named), active));
            case ClientFrame.Receipt(Long deliveredSeq, Long readSeq) -> tools.commands()
                    .receipt(caller(), subscriptions.dialogOf(named), 0, deliveredSeq, readSeq);
            case ClientFrame.Cancel(String requestId) ->
                tools.commands().cancel(subscriptions.dialogOf(named), requestId);
            case ClientFrame.RequestHuman() when caller() instanceof Caller.Operator ->
                Mono.error(Problem.FORBIDDEN::exception);
            case ClientFrame.RequestHuman() ->
                tools.commands().handOff(caller(), subscriptions.dialogOf(named)).then();
            case ClientFrame.Subscribe wish -> subscriptions.subscribe(named, wish);
            case ClientFrame.Unsubscribe() -> done(() -> {
                subscriptions.unsubscribe(named);
                client.say(tools.events().unsubscribed(named));
            });
            case ClientFrame.SubscribeToInbox() -> done(subscriptions::subscribeToInbox);
            case ClientFrame.UnsubscribeFromInbox() -> done(subscriptions::unsubscribeFromInbox);
            case ClientFrame.Auth(String token) -> permit.renew(tools.authenticator(), token);
            case ClientFrame.Ping() -> done(() -> client.say(tools.events().pong(subscriptions.onlyDialog())));
            case ClientFrame.Pong() -> Mono.empty();
        };
    }

    /** Counts a frame; where that is one too many, its client is told, and sent away where it goes on regardless. */
    private boolean hasRoom(int cost, @Nullable Long dialogId, @Nullable String clientMsgId) {
        long wait = room.take(cost, client.heardAt());
        if (wait == 0) {
            return true;
        }
        if (room.refusalsInARow() < FrameLimit.TOLERATED) {
            refuse(dialogId, Problem.RATE_LIMITED.with("Too many frames: wait before you send more")
                    .retryAfter(Duration.ofMillis(wait)), clientMsgId);
        } else {
            client.close(CloseReasons.TOO_MANY_FRAMES);
        }
        return false;
    }

    private static Mono<Void> done(Runnable action) {
        return Mono.fromRunnable(action);
    }

    private ProblemException explain(Throwable error) {
        ProblemException problem = Problems.of(error);
        if (problem.problem() == Problem.INTERNAL_ERROR) {
            log.error("A frame failed", error);
        }
        return problem;
    }

    private void refuse(@Nullable Long dialogId, ProblemException problem, @Nullable String clientMsgId) {
        client.say(tools.events().error(dialogId, problem, clientMsgId));
        if (problem.problem() == Problem.BAD_FRAME && badFrames.add(Instant.now())) {
            client.close(CloseReasons.BAD_FRAMES);
        }
    }

    private Caller caller() {
        return permit.caller();
    }
}
