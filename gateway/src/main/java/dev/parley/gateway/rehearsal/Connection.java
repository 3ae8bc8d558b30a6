package dev.parley.gateway.rehearsal;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: its requests, one after the other, and the news that it has gone, for which it is read from all the time. A
 * client that asks on before it has its answer is cut off; none does.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of closes and of an interim answer, after which nothing is waited for
final class Connection extends SimpleChannelInboundHandler<HttpObject> {

    private static final int MAX_BODY_BYTES = 8 * 1024 * 1024;
    private static final int IDLE_SECONDS = 60;

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final BiConsumer<Incoming, Reply> endpoints;
    private @Nullable HttpRequest head;
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private boolean isTooLarge;
    private @Nullable Reply reply;
    private @Nullable ScheduledFuture<?> idle;

    Connection(BiConsumer<Incoming, Reply> endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        rest(context);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
        if (part.decoderResult().isFailure() || (reply != null && !(part instanceof LastHttpContent))) {
            context.close();
            return;
        }
        if (part instanceof HttpRequest request) {
            begin(context, request);
        }
        if (part instanceof HttpContent content && head != null) {
            int size = content.content().readableBytes();
            isTooLarge |= body.size() + size > MAX_BODY_BYTES;
            if (!isTooLarge) {
                content.content().forEachByte(b -> {
                    body.write(b);
                    return true;
                });
            }
            if (part instanceof LastHttpContent) {
                answer(context, head);
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (idle != null) {
            idle.cancel(false);
        }
        if (reply != null) {
            reply.gone();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.warn("The rehearsal model has failed", cause);
        }
        context.close();
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        if (idle != null) {
            idle.cancel(false);
        }
        head = request;
        body = new ByteArrayOutputStream();
        isTooLarge = false;
        if (HttpUtil.is100ContinueExpected(request)) {
            context.writeAndFlush(context.alloc().buffer().writeBytes("HTTP/1.1 100 Continue\r\n\r\n".getBytes(
                    StandardCharsets.US_ASCII)));
        }
    }

    private void answer(ChannelHandlerContext context, HttpRequest request) {
        head = null;
        var mine = new Reply(context.channel(), request.method().equals(HttpMethod.HEAD),
                request.protocolVersion().equals(HttpVersion.HTTP_1_1), HttpUtil.isKeepAlive(request), () -> {
                    reply = null;
                    rest(context);
                });
        reply = mine;
        endpoints.accept(new Incoming(request.method().name(), new QueryStringDecoder(request.uri()).path(),
                request.headers().get(Script.HEADER), isTooLarge ? null : body), mine);
    }

    private void rest(ChannelHandlerContext context) {
        idle = context.executor().schedule(() -> {
            context.close();
        }, IDLE_SECONDS, TimeUnit.SECONDS);
    }

    /** A request that has come whole. */
    record Incoming(String method, String path, @Nullable String script, @Nullable ByteArrayOutputStream body) {

        /** @throws OllamaError where it was more than is taken */
        byte[] bytes() {
            if (body == null) {
                throw new OllamaError(400, "request body too large");
            }
            return body.toByteArray();
        }
    }
}
