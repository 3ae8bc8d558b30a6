package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.Problem;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One stream of server-sent events that follows one dialog. It has no codes to close with: a stream that ends makes its
 * client come back, and learn from the answer whether it may.
 */
final class SseConnection implements Connection {

    private static final Logger log = LoggerFactory.getLogger(SseConnection.class);
    private static final Duration POLITENESS = Duration.ofSeconds(2);

    private final CarrierTools tools;
    private final SseSettings settings;
    private final NativeChannel channel;
    private final Follower follower;
    private final Disposable seat;
    private final Permit permit;
    private final Disposable.Swap here = Disposables.swap();
    private final ChannelWriter writer;
    private final Outbox outbox;
    private final Sinks.Empty<Void> written = Sinks.empty();

    // Milliseconds since the epoch.
    private final long endsAt;
    private volatile long spokeAt = System.currentTimeMillis();
    private volatile long hardCloseAt = Long.MAX_VALUE;

    /** @param seat given back at the end */
    SseConnection(CarrierTools tools, SseSettings settings, NativeChannel channel, Follower follower, Disposable seat) {
        this.tools = tools;
        this.settings = settings;
        this.channel = channel;
        this.follower = follower;
        this.seat = seat;
        this.permit = new Permit(tools.withdrawals(), follower.audience(), follower.session());
        this.writer = channel.writer(Unpooled::wrappedBuffer);
        this.outbox = new Outbox(tools.settings().outbox(), writer, tools.forms().sse,
                tools.statistics().of(Transport.SSE),
                this::fail);
        this.endsAt = spokeAt + spread(settings.maxLifetime()).toMillis();
    }

    /** Not all that came at one time leave at one time: up to a fifth earlier or later. */
    private static Duration spread(Duration lifetime) {
        long fifth = lifetime.toMillis() / 5;
        return lifetime.plusMillis(ThreadLocalRandom.current().nextLong(-fifth, fifth + 1));
    }

    /** Writes events until the client leaves or the stream is closed. The response's headers are sent already. */
    Mono<Void> run() {
        long start = System.nanoTime();
        return Mono.defer(() -> {
            channel.forgetRequestHeaders();
            tools.connections().add(this);
            here.update(tools.people().enter(follower.dialog().id(), permit.caller()));
            tools.statistics().opened(Transport.SSE);
            writer.open(outbox::write);
            outbox.reply(SseText.begin(tools.events()
                    .hello(follower.dialog(), UUID.randomUUID().toString(), audience(), settings.heartbeat()),
                    follower.since(), ThreadLocalRandom.current()));
            outbox.follow(new Following(tools.feed(), permit, follower));
            return written.asMono();
        }).doFinally(end -> {
            tools.connections().remove(this);
            tools.statistics().closed(Transport.SSE, Duration.ofNanos(System.nanoTime() - start));
            outbox.discard();
            writer.close();
            here.dispose();
            seat.dispose();
        });
    }

    /** Ends the stream where the feed fails; its client comes back and is told more. */
    private void fail(Throwable error) {
        CloseStatus reason = CloseReasons.of(error);
        if (reason.getCode() == Problem.INTERNAL_ERROR.close()) {
            log.error("A stream of dialog {} failed", follower.dialog().id(), error);
        }
        close(reason);
    }

    @Override
    public void tend(long now) {
        if (outbox.hasSpoken()) {
            spokeAt = now;
        }
        if (now > hardCloseAt || outbox.stalledFor(now) > tools.settings().writeTimeout().toMillis()) {
            channel.closeHard();
        } else if (permit.hasEnded(now)) {
            close(CloseReasons.TOKEN_ENDED);
        } else if (now > endsAt) {
            close(CloseStatus.NORMAL);
        } else if (now > spokeAt + settings.heartbeat().toMillis()) {
            spokeAt = now;
            outbox.sign(SseText.COMMENT);
        }
    }

    @Override
    public void leave(Duration reconnectAfter) {
        outbox.reply(SseText.goodbye(tools.events().goodbye(follower.dialog().id(), reconnectAfter), reconnectAfter));
        close(CloseReasons.GOING_AWAY);
    }

    @Override
    public void close(CloseStatus reason) {
        if (hardCloseAt == Long.MAX_VALUE) {
            hardCloseAt = System.currentTimeMillis() + POLITENESS.toMillis();
            outbox.end(written::tryEmitEmpty);
        }
    }

    @Override
    public Transport transport() {
        return Transport.SSE;
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
        return LongStream.of(follower.dialog().id());
    }
}
