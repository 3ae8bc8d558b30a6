package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Opens streams of server-sent events (PROTOCOL section 2.2), for those who may. */
@Component
final class SseEndPoint {

    private static final String LAST_EVENT_ID = "Last-Event-ID";

    private final CarrierTools tools;
    private final SseSettings settings;

    SseEndPoint(CarrierTools tools, SseSettings settings) {
        this.tools = tools;
        this.settings = settings;
    }

    Mono<Void> follow(ServerWebExchange exchange, Audience audience) {
        Arrival arrival = Arrival.of(exchange, audience);
        String lastId = exchange.getRequest().getHeaders().getFirst(LAST_EVENT_ID);
        String since = arrival.parameter("since");
        NativeChannel channel = NativeChannel.of(exchange); // now: where its client leaves, an exchange has none any more
        return tools.admission().admit(arrival, lastId == null || lastId.isEmpty() ? since : lastId,
                (follower, seat) -> stream(exchange, channel, follower, seat));
    }

    /** Straight to Reactor Netty, as WebSockets are: Spring's encoders cost several times as much for each event. */
    private Mono<Void> stream(ServerWebExchange exchange, NativeChannel channel, Follower follower, Disposable seat) {
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.setContentType(MediaType.TEXT_EVENT_STREAM);
        headers.setCacheControl("no-store");
        headers.set("X-Accel-Buffering", "no"); // else nginx would keep events until it has a buffer full
        exchange.getResponse().setStatusCode(HttpStatus.OK);
        SseConnection connection = new SseConnection(tools, settings, channel, follower, seat);
        return exchange.getResponse()
                .setComplete()
                .then(Mono.defer(() -> channel.response().sendHeaders().then(connection.run()).then())
                        .subscribeOn(channel.eventLoop()));
    }
}
