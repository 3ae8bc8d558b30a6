package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Answers polls (PROTOCOL section 2.3). */
@Component
final class PollEndPoint {

    private static final int MAX_WAIT = 55;
    private static final int DEFAULT_WAIT = 25;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

    private final Admission admission;
    private final Poll poll;
    private final CarrierTools tools;

    PollEndPoint(Admission admission, Poll poll, CarrierTools tools) {
        this.admission = admission;
        this.poll = poll;
        this.tools = tools;
    }

    Mono<Void> follow(ServerWebExchange exchange, Audience audience) {
        if (!exchange.getRequest().getMethod().equals(HttpMethod.GET)) {
            return Mono.error(Problem.METHOD_NOT_ALLOWED.with("Use GET"));
        }
        Duration wait = wait(exchange.getRequest().getQueryParams().getFirst("wait"));
        return admission.admit(exchange, audience, exchange.getRequest().getQueryParams().getFirst("since"),
                (follower, seat) -> here(follower, news(follower, wait))
                        .doFinally(end -> seat.dispose())
                        .flatMap(news -> write(exchange.getResponse(), json(follower, wait, news))));
    }

    private <T> Mono<T> here(Follower follower, Mono<T> polling) {
        return Mono.using(() -> tools.people().poll(follower.dialog().id(), follower.session().caller()),
                here -> polling, Disposable::dispose);
    }

    private static Duration wait(@Nullable String seconds) {
        if (seconds == null || seconds.isEmpty()) {
            return Duration.ofSeconds(DEFAULT_WAIT);
        }
        if (!seconds.matches("\\d{1,2}") || Integer.parseInt(seconds) > MAX_WAIT) {
            throw Problem.BAD_REQUEST.with("wait: expected a whole number of seconds from 0 to " + MAX_WAIT);
        }
        return Duration.ofSeconds(Integer.parseInt(seconds));
    }

    private Mono<Poll.News> news(Follower follower, Duration wait) {
        return poll.now(follower).flatMap(news -> news.events().isEmpty() && !wait.isZero()
                ? waitFor(follower, news.cursor(), wait)
                : Mono.just(news));
    }

    private Mono<Poll.News> waitFor(Follower follower, Cursor cursor, Duration wait) {
        return Mono.using(() -> {
            Waiting waiting = new Waiting(follower, tools, Instant.now().plus(wait));
            tools.connections().add(waiting);
            return waiting;
        }, waiting -> poll.next(follower, cursor, waiting.enough.asMono()), waiting -> {
            tools.connections().remove(waiting);
            waiting.permit.dispose();
        });
    }

    /** A poll that waits, as the registry of connections sees it: closing it answers it at once. */
    private static final class Waiting implements Connection {

        private final Follower follower;
        private final Permit permit;
        private final Instant deadline;
        private final Sinks.Empty<Void> enough = Sinks.empty();

        Waiting(Follower follower, CarrierTools tools, Instant deadline) {
            this.follower = follower;
            this.deadline = deadline;
            this.permit = new Permit(tools.authenticator(), follower.audience(), follower.session());
        }

        @Override
        public String transport() {
            return "poll";
        }

        @Override
        public String audience() {
            return follower.audience().name().toLowerCase(Locale.ROOT);
        }

        @Override
        public void tend(Instant now) {
            if (permit.hasEnded(now) || now.isAfter(deadline)) {
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

    private String json(Follower follower, Duration wait, Poll.News news) {
        return news.events()
                .stream()
                .map(event -> tools.events().write(event, EventJson.Format.DIRECT))
                .collect(Collectors.joining(",", "{\"events\":[", "],\"cursor\":\""))
                + news.cursor().text(follower.dialog().id()) + "\",\"poll_after_ms\":"
                + pause(follower, wait, news).toMillis() + "}";
    }

    /**
     * How long to wait until the next poll. A third of the dialog's idle time makes each pause one and a half times the one
     * before it, without anybody's keeping count.
     */
    private static Duration pause(Follower follower, Duration wait, Poll.News news) {
        if (!wait.isZero() || !news.events().isEmpty()) {
            return Duration.ZERO;
        }
        if (!news.cursor().answers().isEmpty()) {
            return SHORTEST_PAUSE;
        }
        Duration third = Duration.between(follower.dialog().lastActivityAt(), Instant.now()).dividedBy(3);
        Duration pause = SHORTEST_PAUSE.plus(third.isNegative() ? Duration.ZERO : third);
        return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private static Mono<Void> write(ServerHttpResponse response, String json) {
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().setCacheControl("no-store");
        return response
                .writeWith(
                        Mono.fromSupplier(() -> response.bufferFactory().wrap(json.getBytes(StandardCharsets.UTF_8))));
    }
}
