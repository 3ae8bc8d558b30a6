package dev.parley.gateway.transport;

import dev.parley.gateway.access.Audience;
import dev.parley.gateway.access.WidgetCors;
import dev.parley.gateway.limits.ClientAddresses;
import dev.parley.gateway.problem.Problem;
import dev.parley.gateway.web.ProblemWriter;
import dev.parley.gateway.web.RequestHead;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * The way of polls, past Spring and past Reactor Netty's view of a request: {@link PollHandler}s, which stand in the pipeline
 * of each channel, find polls by it. Who polls comes again after each answer, and thousands wait at once, so what a request
 * costs, and what it holds while it waits, counts as nowhere else. Polls that are written in a way of their own (percent signs
 * in the path, a body, another version of HTTP) go the common way, and Spring finds {@link PollEndPoint} for them.
 */
@Component
final class PollRoute implements NettyServerCustomizer, SmartLifecycle {

    private static final Map<Audience, String> STARTS = starts();
    private static final String NAME = "parley.polls";

    /** How long the answers may take that polls get when the node stops. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(10);

    private final Entrance entrance;
    private final PollEndPoint endPoint;
    private final ClientAddresses addresses;
    private final WidgetCors cors;
    private final ProblemWriter problems;
    private final Connections connections;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean running;

    PollRoute(Entrance entrance, PollEndPoint endPoint, ClientAddresses addresses, WidgetCors cors,
            ProblemWriter problems, Connections connections) {
        this.entrance = entrance;
        this.endPoint = endPoint;
        this.addresses = addresses;
        this.cors = cors;
        this.problems = problems;
        this.connections = connections;
    }

    private static Map<Audience, String> starts() {
        Map<Audience, String> starts = new EnumMap<>(Audience.class);
        for (Audience audience : Audience.values()) {
            starts.put(audience,
                    PollEndPoint.PATH + (audience == Audience.ADMIN ? "" : "/" + audience.word()) + "/dialogs/");
        }
        return starts;
    }

    @Override
    public HttpServer apply(HttpServer server) {
        return server.doOnChannelInit((observer, channel, remote) -> {
            ChannelPipeline pipeline = channel.pipeline();
            if (pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
                pipeline.addBefore(NettyPipeline.HttpTrafficHandler, NAME, new PollHandler(this));
            }
        });
    }

    /** The poll that this request is, if it is one, and written as all clients write it. */
    @Nullable
    Arrival poll(HttpRequest request) {
        if (!request.uri().startsWith(PollEndPoint.PATH) || !isCommon(request)) {
            return null;
        }
        for (Map.Entry<Audience, String> way : STARTS.entrySet()) {
            int start = way.getValue().length();
            int end = endOfDialog(request.uri(), way.getValue());
            if (end > start) {
                return new Arrival(RequestHead.of(request), way.getKey(), request.uri().substring(start, end));
            }
        }
        return null;
    }

    private static boolean isCommon(HttpRequest request) {
        return request.method().equals(HttpMethod.GET) && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && request.decoderResult().isSuccess() && HttpUtil.isKeepAlive(request)
                && !request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                && !request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                && !request.headers().contains(HttpHeaderNames.EXPECT)
                && !request.headers().contains(HttpHeaderNames.UPGRADE);
    }

    /** Where the dialog's number ends in the address of a poll; not beyond its start where it is none. */
    private static int endOfDialog(String uri, String start) {
        if (!uri.startsWith(start)) {
            return 0;
        }
        int end = start.length();
        while (end < uri.length() && uri.charAt(end) >= '0' && uri.charAt(end) <= '9') {
            end++;
        }
        return end == uri.length() || uri.charAt(end) == '?' ? end : 0;
    }

    /**
     * What the poll is answered with, as JSON. Fails with what the client is to be told.
     *
     * @param page gets the headers that tell a browser whether the page that asks may read the answer
     */
    Mono<byte[]> answer(Arrival arrival, HttpRequest request, Channel channel, Acquaintance acquaintance,
            HttpHeaders page, Later later) {
        String address = addresses.counted(channel.remoteAddress(), request.headers());
        return arrival.audience() == Audience.ADMIN
                ? endPoint.answer(arrival, address, acquaintance, later)
                : cors.admit(arrival.head(), page).then(endPoint.answer(arrival, address, acquaintance, later));
    }

    /** Tells a client why it was not let in. */
    FullHttpResponse refusal(Throwable failure, HttpHeaders page) {
        entrance.refused(Transport.POLL, failure);
        return PollResponses.refusal(problems.answer(HttpMethod.GET.name(), PollEndPoint.PATH, failure), page);
    }

    /**
     * Whether an answer is the last one of its connection. Who polls is told no goodbye: it comes again, and by another
     * connection, which a load balancer gives to another node.
     */
    boolean isLast() {
        return !connections.areTaken();
    }

    void began() {
        underWay.incrementAndGet();
    }

    void ended() {
        underWay.decrementAndGet();
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
    }

    /** By now all polls were told to end. Reactor Netty, which closes what it believes to be idle, must not be faster. */
    @Override
    public void stop(Runnable stopped) {
        stop();
        Flux.interval(Duration.ZERO, LOOK)
                .takeUntil(look -> underWay.get() == 0)
                .take(LAST_ANSWERS)
                .onErrorComplete()
                .doFinally(end -> stopped.run())
                .subscribe();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** After {@link Connections}, which tells polls to end, and before the web server. */
    @Override
    public int getPhase() {
        return Connections.PHASE - 1;
    }
}
