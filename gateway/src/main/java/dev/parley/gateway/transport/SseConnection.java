package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.transport.Outbox.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.server.HttpServerResponse;

/**
 * One stream of server-sent events that follows one dialog. It has no codes to close with: a stream that ends makes its
 * client come back, and learn from the answer whether it may.
 */
final class SseConnection implements Connection {

    private static final Logger log = LoggerFactory.getLogger(SseConnection.class);
    private static final Duration COMMENT_EVERY = Duration.ofSeconds(15);
    private static final Duration POLITENESS = Duration.ofSeconds(2);

    private final Follower follower;
    private final Disposable seat;
    private final CarrierTools tools;
    private final Runnable hardClose;
    private final Permit permit;
    private final Disposable.Swap here = Disposables.swap();
    private final Outbox outbox = new Outbox(Schedulers.parallel());

    private volatile Instant wroteAt = Instant.now();
    private volatile Instant hardCloseAt = Instant.MAX;

    /**
     * @param seat given back at the end
     * @param hardClose closes the channel, whatever is still to be written
     */
    SseConnection(Follower follower, Disposable seat, CarrierTools tools, Runnable hardClose) {
        this.follower = follower;
        this.seat = seat;
        this.tools = tools;
        this.hardClose = hardClose;
        this.permit = new Permit(tools.authenticator(), follower.audience(), follower.session());
    }

    /** Writes events until the client leaves or the stream is closed. */
    Mono<Void> run(HttpServerResponse response) {
        return Mono.defer(() -> {
            tools.connections().add(this);
            here.update(tools.people().enter(follower.dialog().id(), permit.caller()));
            outbox.add(new Frame.Reply(SseText.begin(tools.events()
                    .hello(follower.dialog(), UUID.randomUUID().toString(), audience(), COMMENT_EVERY),
                    follower.since(), ThreadLocalRandom.current())));
            follow();
            return response.send(outbox.frames().map(this::encoded).onErrorResume(this::end)).then();
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
                .follow(follower.dialog().id(), follower.since())
                .filter(event -> Visibility.of(event, follower.audience(), permit.caller(), follower.echo()))
                .<Frame>map(this::frame)
                .subscribe(outbox);
    }

    private Frame frame(DialogEvent event) {
        return new Frame.Event(SseText.of(event, tools.events().write(event, EventJson.Format.DIRECT)));
    }

    private ByteBuf encoded(Frame frame) {
        wroteAt = Instant.now();
        String text = switch (frame) {
            case Frame.Event(String event) -> event;
            case Frame.Reply(String reply) -> reply;
            case Frame.Ping() -> SseText.COMMENT;
        };
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Ends the stream where the feed fails; its client comes back and is told more. */
    private Flux<ByteBuf> end(Throwable error) {
        boolean gone = error instanceof IOException || error instanceof AbortedException;
        if (!gone && CloseReasons.of(error).getCode() == Problem.INTERNAL_ERROR.close()) {
            log.error("A stream of dialog {} failed", follower.dialog().id(), error);
        }
        return Flux.empty();
    }

    @Override
    public void tend(Instant now) {
        if (now.isAfter(hardCloseAt) || outbox.stalledFor() > tools.settings().writeTimeout().toMillis()) {
            hardClose.run();
        } else if (permit.hasEnded(now)) {
            close(CloseReasons.TOKEN_ENDED);
        } else if (now.isAfter(wroteAt.plus(COMMENT_EVERY))) {
            outbox.add(new Frame.Ping());
        }
    }

    @Override
    public void leave(Duration reconnectAfter) {
        outbox.add(new Frame.Reply(
                SseText.goodbye(tools.events().goodbye(follower.dialog().id(), reconnectAfter), reconnectAfter)));
        close(CloseReasons.GOING_AWAY);
    }

    @Override
    public void close(CloseStatus reason) {
        if (hardCloseAt.equals(Instant.MAX)) {
            hardCloseAt = Instant.now().plus(POLITENESS);
            outbox.end();
        }
    }

    @Override
    public String transport() {
        return "sse";
    }

    @Override
    public String audience() {
        return follower.audience().name().toLowerCase(Locale.ROOT);
    }
}
