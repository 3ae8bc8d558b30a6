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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Works on what the client of one WebSocket sends, so that what it says is stored in the order in which it was said. One frame
 * is worked on after the other, save that a message does not wait for the commit of the one before: it is handed to the log,
 * which keeps the order, and told of when it is stored. All that is no message waits until no message is under way, and so do
 * refusals, and messages by which an operator may have to take a dialog over.
 */
final class WebSocketFrames {

    private static final Logger log = LoggerFactory.getLogger(WebSocketFrames.class);

    /** Messages of a client that are with the log at once: at five milliseconds a commit it takes thousands a second. */
    private static final int MOST_UNDER_WAY = 32;

    private final CarrierTools tools;
    private final Permit permit;
    private final @Nullable String address;
    private final Subscriptions subscriptions;
    private final Client client;
    private final IncomingFrames incoming;
    private final OwnLimit.Bucket room;
    private final BadFrames badFrames = new BadFrames();
    private final UnderWay underWay;
    private final Floors floors = new Floors();

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
        this.underWay = new UnderWay(Math.min(MOST_UNDER_WAY, tools.commands().mostUnstored()));
    }

    /** Does all that the client wants; ends when it wants nothing more and all is done, and never fails because of it. */
    Mono<Void> workOn(Flux<WebSocketFrame> frames) {
        return underWay.workOn(frames.map(incoming::accept), this::begin);
    }

    private Mono<Mono<Void>> begin(Incoming message) {
        return switch (message) {
            case Incoming.Text(String text) -> begin(text);
            case Incoming.Ping(ByteBuffer content) -> beginSign(() -> client.pong(content));
            case Incoming.Sign() -> beginSign(() -> {});
            case Incoming.Wrong(CloseStatus reason) -> alone(() -> client.close(reason));
        };
    }

    private Mono<Mono<Void>> beginSign(Runnable answer) {
        long wait = count(FrameLimit.ONE);
        if (wait > 0) {
            return alone(() -> tooMany(wait, null, null));
        }
        answer.run();
        return Mono.empty();
    }

    private Mono<Mono<Void>> begin(String text) {
        Addressed addressed;
        try {
            addressed = ClientFrame.read(tools.json(), text);
        } catch (ProblemException bad) {
            return alone(() -> refuse(subscriptions.onlyDialog(), bad, null));
        }
        String clientMsgId = addressed.frame() instanceof ClientFrame.Post post ? post.clientMsgId() : null;
        Long dialogId = addressed.dialogId() == null ? subscriptions.onlyDialog() : addressed.dialogId();
        long wait = count(FrameLimit.cost(addressed.frame()));
        if (wait > 0) {
            return alone(() -> tooMany(wait, dialogId, clientMsgId));
        }
        Consumer<Throwable> refusal = error -> refuse(dialogId, explain(error), clientMsgId);
        Floors.Floor floor = dialogId == null ? null : floors.in(dialogId);
        boolean mayTakeOver = caller() instanceof Caller.Operator && floor == null;
        return (addressed.frame() instanceof ClientFrame.Post post && !mayTakeOver
                ? beginPost(addressed.dialogId(), post, floor, refusal)
                : underWay.alone(Mono.defer(() -> act(addressed))))
                .onErrorResume(error -> alone(() -> refusal.accept(error)));
    }

    /** The rest is to wait until it is stored. */
    private Mono<Mono<Void>> beginPost(@Nullable Long named, ClientFrame.Post post, Floors.@Nullable Floor floor,
            Consumer<Throwable> refusal) {
        return Mono.defer(() -> tools.commands().beginPost(caller(), address, subscriptions.dialogOf(named),
                post.clientMsgId(), post.text(), floor))
                .map(storing -> acknowledge(storing).onErrorResume(error -> done(() -> refusal.accept(error))));
    }

    private Mono<Void> acknowledge(Mono<DialogCommands.Posted> storing) {
        return storing.doOnNext(posted -> client.say(tools.events().ack(posted))).then();
    }

    private Mono<Mono<Void>> alone(Runnable action) {
        return underWay.alone(done(action));
    }

    private Mono<Void> act(Addressed addressed) {
        Long named = addressed.dialogId();
        return switch (addressed.frame()) {
            // An operator's, who may take the dialog over with it.
            case ClientFrame.Post(String clientMsgId, String words) -> acknowledge(tools.commands()
                    .post(caller(), address, subscriptions.dialogOf(named), clientMsgId, words)
                    .doOnNext(floors::take));
            case ClientFrame.Typing(boolean active) -> done(
                    () -> tools.commands().typing(caller(), subscriptions.dialogOf(named), active));
            case ClientFrame.Receipt(Long deliveredSeq, Long readSeq) -> tools.commands()
                    .receipt(caller(), subscriptions.dialogOf(named), 0, deliveredSeq, readSeq);
            case ClientFrame.Cancel(String requestId) ->
                tools.commands().cancel(caller(), subscriptions.dialogOf(named), requestId);
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

    /** Counts a frame: 0 where there was room for it, else after how many milliseconds there will be. */
    private long count(int cost) {
        return room.take(cost, client.heardAt());
    }

    /** Tells the client that a frame was one too many, and sends it away where it goes on regardless. */
    private void tooMany(long wait, @Nullable Long dialogId, @Nullable String clientMsgId) {
        if (room.refusalsInARow() < FrameLimit.TOLERATED) {
            refuse(dialogId, Problem.RATE_LIMITED.with("Too many frames: wait before you send more")
                    .retryAfter(Duration.ofMillis(wait)), clientMsgId);
        } else {
            client.close(CloseReasons.TOO_MANY_FRAMES);
        }
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
