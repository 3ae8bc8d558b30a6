package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.Caller;
import dev.parley.gateway.problem.Problem;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.socket.CloseStatus;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Answers polls (PROTOCOL section 2.3). */
@Component
final class PollEndPoint {

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

    private final Poll poll;
    private final PollSettings settings;
    private final CarrierTools tools;

    PollEndPoint(Poll poll, PollSettings settings, CarrierTools tools) {
        this.poll = poll;
        this.settings = settings;
        this.tools = tools;
    }

    Mono<Void> follow(Arrival arrival, ServerHttpResponse response) {
        Duration wait = wait(arrival.parameter("wait"));
        String since = arrival.parameter("since");
        Admission.Serve<Follower> carrier = (follower, seat) -> answer(NativeChannel.of(arrival.request(), response),
                follower, seat, wait);
        // Whoever does not wait is told when to come again, which depends on how the dialog is now.
        return since == null || since.isEmpty() || wait.isZero()
                ? tools.admission().admit(arrival, since, carrier)
                : tools.admission().admitAgain(arrival, since, carrier);
    }

    private Mono<Void> answer(NativeChannel channel, Follower follower, Disposable seat, Duration wait) {
        long start = System.nanoTime();
        tools.statistics().opened(Transport.POLL);
        // On the channel's own thread, which has to write the answer in the end.
        return here(follower, news(follower, wait, channel.eventLoop()))
                .doFinally(end -> {
                    seat.dispose();
                    tools.statistics().closed(Transport.POLL, Duration.ofNanos(System.nanoTime() - start));
                })
                .flatMap(news -> write(channel, news.events().size(), json(follower, wait, news)));
    }

    private <T> Mono<T> here(Follower follower, Mono<T> polling) {
        return Mono.using(() -> tools.people().poll(follower.dialog().id(), follower.session().caller()),
                here -> polling, Disposable::dispose);
    }

    private Duration wait(@Nullable String seconds) {
        if (seconds == null || seconds.isEmpty()) {
            return settings.defaultWait();
        }
        long most = settings.maxWait().toSeconds();
        boolean isNumber = seconds.length() <= 3 && seconds.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!isNumber || Integer.parseInt(seconds) > most) {
            throw Problem.BAD_REQUEST.with("wait: expected a whole number of seconds from 0 to " + most);
        }
        return Duration.ofSeconds(Integer.parseInt(seconds));
    }

    private Mono<Poll.News> news(Follower follower, Duration wait, Scheduler clock) {
        if (wait.isZero()) {
            return poll.news(follower, false, Mono.never(), clock);
        }
        return Mono.using(() -> {
            Waiting waiting = new Waiting(follower, tools, System.currentTimeMillis() + wait.toMillis());
            tools.connections().add(waiting);
            return waiting;
        }, waiting -> poll.news(follower, true, waiting.enough.asMono(), clock),
                waiting -> tools.connections().remove(waiting));
    }

    /** A poll that waits, as the registry of connections sees it: closing it answers it at once. */
    private static final class Waiting implements Connection {

        private final Follower follower;
        private final Permit permit;
        private final long deadline;
        private final Sinks.Empty<Void> enough = Sinks.empty();

        Waiting(Follower follower, CarrierTools tools, long deadline) {
            this.follower = follower;
            this.deadline = deadline;
            this.permit = new Permit(tools.withdrawals(), follower.audience(), follower.session());
        }

        @Override
        public Transport transport() {
            return Transport.POLL;
        }

        @Override
        public Audience audience() {
            return follower.audience();
        }

        @Override
        public Caller caller() {
            return permit.caller();
        }

        @Override
        public LongStream dialogs() {
            return LongStream.of(follower.dialog().id());
        }

        @Override
        public void tend(long now) {
            if (permit.hasEnded(now) || now > deadline) {
                answer();
            }
        }

        @Override
        public void leave(Duration reconnectAfter) {
            answer();
        }

        @Override
        public void close(CloseStatus reason) {
            answer(); // a response has no code for a reason; the next poll is told
        }

        private void answer() {
            enough.tryEmitEmpty(); // a second time it fails to emit, and needs not
        }
    }

    private byte[] json(Follower follower, Duration wait, Poll.News news) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.writeBytes(ascii("{\"events\":["));
        for (int i = 0; i < news.events().size(); i++) {
            if (i > 0) {
                json.write(',');
            }
            json.writeBytes(tools.events().write(news.events().get(i)));
        }
        json.writeBytes(ascii("],\"cursor\":\"" + news.cursor().text(follower.dialog().id()) + "\",\"poll_after_ms\":"
                + pause(follower, wait, news).toMillis() + "}"));
        return json.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * How long to wait until the next poll. Where each pause is to be f times the one before it, it is f - 1 times the time
     * that the dialog has been idle: so nobody has to keep count.
     */
    private Duration pause(Follower follower, Duration wait, Poll.News news) {
        if (!wait.isZero() || !news.events().isEmpty()) {
            return Duration.ZERO;
        }
        if (!news.cursor().answers().isEmpty()) {
            return SHORTEST_PAUSE;
        }
        long idle = Math.max(0, Duration.between(follower.dialog().lastActivityAt(), Instant.now()).toMillis());
        Duration pause = SHORTEST_PAUSE.plusMillis((long) (idle * (settings.backoff() - 1)));
        return pause.compareTo(settings.idleInterval()) > 0 ? settings.idleInterval() : pause;
    }

    /** Straight to Reactor Netty, as all carriers do. */
    private Mono<Void> write(NativeChannel channel, int events, byte[] json) {
        tools.statistics().delivered(Transport.POLL, events, json.length);
        return channel.response()
                .header(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .header(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .sendByteArray(Mono.just(json))
                .then();
    }
}
