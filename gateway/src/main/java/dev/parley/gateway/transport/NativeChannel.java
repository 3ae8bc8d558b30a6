package dev.parley.gateway.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.http.support.Netty4HeadersAdapter;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** What lies below an exchange: Reactor Netty's response, and its channel. */
final class NativeChannel {

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Channel channel;

    NativeChannel(HttpServerRequest request, HttpServerResponse response) {
        AtomicReference<Channel> below = new AtomicReference<>();
        request.withConnection(connection -> below.set(connection.channel()));
        this.request = request;
        this.response = response;
        this.channel = below.get();
    }

    static NativeChannel of(ServerWebExchange exchange) {
        return new NativeChannel(ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest()),
                ServerHttpResponseDecorator.getNativeResponse(exchange.getResponse()));
    }

    /**
     * Lets go of what the request's headers said, the token among it. For connections that stay open: Reactor Netty would hold
     * them, more than a kilobyte, until the end.
     */
    void forgetRequestHeaders() {
        request.requestHeaders().clear();
    }

    /** Likewise, for a WebSocket: once it is open there is no HTTP response any more. */
    void forgetResponseHeaders() {
        response.responseHeaders().clear();
    }

    /** The headers of the response, as long as it has not begun. */
    HttpHeaders responseHeaders() {
        return new HttpHeaders(new Netty4HeadersAdapter(response.responseHeaders()));
    }

    HttpServerRequest request() {
        return request;
    }

    HttpServerResponse response() {
        return response;
    }

    ChannelWriter writer(Function<byte[], Object> wrapping) {
        return new ChannelWriter(channel, wrapping);
    }

    /** The thread of this channel. */
    Scheduler eventLoop() {
        return Schedulers.fromExecutor(channel.eventLoop());
    }

    /** Runs something on the channel's thread after a while, unless it is disposed of before. */
    Disposable schedule(Runnable task, Duration after) {
        Future<?> later = channel.eventLoop().schedule(task, after.toMillis(), TimeUnit.MILLISECONDS);
        return () -> later.cancel(false);
    }

    /** Completes when the channel is closed, by whomever: Netty itself closes it where a client sends what is no frame. */
    Mono<Void> closed() {
        return Mono.create(sink -> {
            ChannelFutureListener listener = closed -> sink.success();
            channel.closeFuture().addListener(listener);
            sink.onDispose(() -> channel.closeFuture().removeListener(listener));
        });
    }

    /** Answers a ping, where the channel takes it: for one who does not read, nothing piles up. */
    void pong(ByteBuffer content) {
        pong(channel, content);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the channel, which the connection hears of
    static void pong(Channel channel, ByteBuffer content) {
        if (channel.isWritable()) {
            channel.writeAndFlush(new PongWebSocketFrame(Unpooled.wrappedBuffer(content)), channel.voidPromise());
        }
    }

    /** When the channel is closed, its client is given so much time to read the last words. */
    void closePolitely(Duration patience) {
        if (channel.eventLoop().inEventLoop()) {
            LingeringClose.prepare(channel, patience); // at once: the channel may be closed by what is done next
        } else {
            channel.eventLoop().execute(() -> LingeringClose.prepare(channel, patience));
        }
    }

    /** Closes the channel and drops what its kernel buffer holds, which a client that does not read would keep alive. */
    void closeHard() {
        channel.eventLoop().execute(this::reset);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // whether it was open or not, it is closed afterwards
    private void reset() {
        if (channel.isOpen()) {
            LingeringClose.forgo(channel);
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }
}
