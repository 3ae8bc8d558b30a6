package dev.parley.gateway.transport;

import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.SecurityHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Answers polls (PROTOCOL section 2.3). */
@Component
final class PollEndPoint {

    /** Where all polls begin. */
    static final String PATH = "/poll";

    private static final byte[] BEGIN = "{\"events\":[".getBytes(StandardCharsets.US_ASCII);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

    private final PollSettings settings;
    private final CarrierTools tools;

    PollEndPoint(PollSettings settings, CarrierTools tools) {
        this.settings = settings;
        this.tools = tools;
    }

    /**
     * A poll that was let in.
     *
     * @param patience for so long it waits where there is nothing yet
     */
    record Admitted(Follower follower, Duration patience) {}

    Mono<Admitted> admit(Arrival arrival) {
        Duration wait = wait(arrival.parameter("wait"));
        String since = arrival.parameter("since");
        // Whoever does not wait is told when to come again, which depends on how the dialog is now.
        Mono<Follower> follower = since == null || since.isEmpty() || wait.isZero()
                ? tools.admission().follower(arrival, since)
                : tools.admission().followerAgain(arrival, since);
        return follower.map(admitted -> new Admitted(admitted, wait));
    }

    /** Takes a seat, and answers when there is something to say or the time is over. */
    Mono<Void> answer(Admitted poll, NativeChannel channel) {
        Follower follower = poll.follower();
        Disposable seat = tools.admission().seatWith(follower.dialog().id());
        channel.forgetRequestHeaders();
        return Polling.of(tools, follower, seat, poll.patience(), settings.linger(), channel)
                .flatMap(news -> write(channel, news.events().size(), json(follower, poll.patience(), news)));
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
        byte[] end = ("],\"cursor\":\"" + news.cursor().text(follower.dialog().id()) + "\",\"poll_after_ms\":"
                + pause(follower, wait, news).toMillis() + "}").getBytes(StandardCharsets.US_ASCII);
        int length = BEGIN.length + end.length;
        List<byte[]> events = new ArrayList<>(news.events().size());
        for (DialogEvent event : news.events()) {
            byte[] written = tools.events().write(event);
            length += written.length + (events.isEmpty() ? 0 : 1);
            events.add(written);
        }
        ByteBuffer json = ByteBuffer.allocate(length).put(BEGIN);
        for (int i = 0; i < events.size(); i++) {
            if (i > 0) {
                json.put((byte) ',');
            }
            json.put(events.get(i));
        }
        return json.put(end).array();
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
