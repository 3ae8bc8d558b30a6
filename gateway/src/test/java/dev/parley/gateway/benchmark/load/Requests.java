package dev.parley.gateway.benchmark.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Sends the first request as soon as the connection is there. */
final class Requests extends ChannelInboundHandlerAdapter {

    private final Target target;
    private final String path;

    Requests(Target target, String path) {
        this.target = target;
        this.path = path;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        send(context.channel(), target, path, "");
    }

    /** A GET, or where there is something to say a POST. */
    @SuppressWarnings("FutureReturnValueIgnored") // a request that fails to be written has no answer, which is seen
    static void send(Channel to, Target target, String path, String text) {
        ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1,
                text.isEmpty() ? HttpMethod.GET : HttpMethod.POST, path, body);
        request.headers().set(HttpHeaderNames.HOST, "127.0.0.1:" + target.port());
        target.follow().headers().forEach(request.headers()::set);
        if (!text.isEmpty()) {
            HttpUtil.setContentLength(request, body.readableBytes());
            request.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain;charset=UTF-8");
        }
        to.writeAndFlush(request);
    }
}
