package dev.parley.gateway.transport;

import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.SecurityHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Answers polls (PROTOCOL section 2.3). */
@Component
final class PollEndPoint {

    /** Where all polls begin. */
    static final String PATH = "/poll";

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

    private final PollSettings settings;
    private final CarrierTools tools;

    PollEndPoint(PollSettings settings, CarrierTools tools) {
        this.settings = settings;
        this.tools = tools;
    }

    Mono<Void> follow(Arrival arrival, NativeChannel channel) {
        Duration wait = wait(arrival.parameter("wait"));
        String since = arrival.parameter("since");
        Admission.Serve<Follower> carrier = (follower, seat) -> answer(channel, follower, seat, wait);
        // Whoever does not wait is told when to come again, which depends on how the dialog is now.
        return since == null || since.isEmpty() || wait.isZero()
                ? tools.admission().admit(arrival, since, carrier)
                : tools.admission().admitAgain(arrival, since, carrier);
    }

    private Mono<Void> answer(NativeChannel channel, Follower follower, Disposable seat, Duration wait) {
        channel.forgetRequestHeaders();
        return Polling.of(tools, follower, seat, wait, settings.linger(), channel)
                .flatMap(news -> write(channel, news.events().size(), json(follower, wait, news)));
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

    private byte[] json(Follower follower, Duration wait, PollNews news) {
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
    private Duration pause(Follower follower, Duration wait, PollNews news) {
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
        SecurityHeaders.add(channel.responseHeaders(), PATH); // not before: thousands wait, and each would hold them
        return channel.response()
                .header(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .header(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .sendByteArray(Mono.just(json))
                .then();
    }
}
