package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.problem.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Answers polls (PROTOCOL section 2.3). */
@Component
final class PollEndPoint {

    /** Where all polls begin. */
    static final String PATH = "/poll";

    private static final byte[] BEGIN = "{\"events\":[".getBytes(StandardCharsets.US_ASCII);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

    private final Entrance entrance;
    private final ClientAddresses addresses;
    private final PollSettings settings;
    private final CarrierTools tools;

    PollEndPoint(Entrance entrance, ClientAddresses addresses, PollSettings settings, CarrierTools tools) {
        this.entrance = entrance;
        this.addresses = addresses;
        this.settings = settings;
        this.tools = tools;
    }

    /**
     * A poll that was let in.
     *
     * @param patience for so long it waits where there is nothing yet
     */
    private record Admitted(Follower follower, Duration patience) {}

    /**
     * The answer to a poll, as JSON, when there is something to say or the time is over. Whoever asks tells the entrance of
     * those that fail.
     *
     * @param address of the client, as limits know it
     * @param acquaintance of the channel that it came over
     */
    Mono<byte[]> answer(Arrival arrival, @Nullable String address, Acquaintance acquaintance, Later later) {
        Mono<Admitted> admitted = entrance.toPoll(arrival.head(), address)
                .then(Mono.defer(() -> admit(arrival, acquaintance)));
        return Relay.of(admitted, poll -> {
            Mono<byte[]> answer = answer(poll, later);
            entrance.letIn(arrival.head(), Transport.POLL);
            return answer;
        });
    }

    private Mono<Admitted> admit(Arrival arrival, Acquaintance acquaintance) {
        Duration wait = wait(arrival.parameter("wait"));
        String since = arrival.parameter("since");
        return follower(arrival, since, wait, acquaintance).map(admitted -> new Admitted(admitted, wait));
    }

    private Mono<Follower> follower(Arrival arrival, @Nullable String since, Duration wait, Acquaintance acquaintance) {
        if (since == null || since.isEmpty()) {
            return tools.admission().newcomer(arrival, since);
        }
        // Whoever does not wait is told when to come again, which depends on how the dialog is now.
        return wait.isZero()
                ? tools.admission().follower(arrival, since)
                : tools.admission().followerAgain(arrival, since, acquaintance);
    }

    /** Takes a seat, and waits. */
    private Mono<byte[]> answer(Admitted poll, Later later) {
        Follower follower = poll.follower();
        Disposable seat = tools.admission().seatWith(follower.dialog().id());
        return Polling.of(tools, follower, seat, poll.patience(), settings.linger(), later)
                .map(news -> written(news, json(follower, poll.patience(), news)));
    }

    private byte[] written(PollNews news, byte[] json) {
        tools.statistics().delivered(Transport.POLL, news.events().size(), json.length);
        return json;
    }

    private Duration wait(@Nullable String seconds) {
        if (seconds == null || seconds.isEmpty()) {
            return settings.defaultWait();
        }
        long most = settings.maxWait().toSeconds();
        CursorText text = new CursorText(seconds);
        long wait = text.number(3);
        if (text.isWrong() || wait > most) {
            throw Problem.BAD_REQUEST.with("wait: expected a whole number of seconds from 0 to " + most);
        }
        return Duration.ofSeconds(wait);
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

    /** For polls that Spring has found the way for. */
    Mono<Void> answer(ServerWebExchange exchange, Audience audience) {
        ServerHttpResponse response = exchange.getResponse();
        NativeChannel channel = NativeChannel.of(exchange);
        String address = addresses.counted(exchange.getRequest());
        return answer(Arrival.of(exchange, audience), address, new Acquaintance(), channel::schedule)
                .doOnError(failure -> entrance.refused(Transport.POLL, failure))
                .flatMap(json -> {
                    response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
                    response.getHeaders().setCacheControl("no-store");
                    return response.writeWith(Mono.just(response.bufferFactory().wrap(json)));
                });
    }
}
