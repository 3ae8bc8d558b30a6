package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.MessageToMessageDecoder;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/** A stream of server-sent events, read line by line. */
final class StreamClient extends Client<ByteBuf> {

    private static final int MAX_LINE = 1 << 20;

    private final Follower follower;
    private final Target target;

    StreamClient(Target target, long dialog, Follower follower, Tally tally, Settled settled) {
        super(ByteBuf.class, target.follow(), dialog, tally, settled);
        this.follower = follower;
        this.target = target;
    }

    void install(ChannelPipeline pipeline, long dialog) {
        pipeline.addLast(new HttpClientCodec(), new Body(), new LineBasedFrameDecoder(MAX_LINE), this);
        pipeline.addLast(new Requests(target, Way.fill(target.follow().path(), dialog)));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf line) {
        take(context.channel(), line);
    }

    @Override
    void heard(ByteBuf line) {
        follower.hear(line);
    }

    @Override
    void send(Channel to, String text) {
        throw new UnsupportedOperationException("a stream goes one way");
    }

    /** The bytes of the response, without what HTTP puts around them. */
    private static final class Body extends MessageToMessageDecoder<HttpObject> {

        Body() {
            super(HttpObject.class);
        }

        @Override
        protected void decode(ChannelHandlerContext context, HttpObject part, List<Object> out) {
            if (part instanceof HttpResponse response && !response.status().equals(HttpResponseStatus.OK)) {
                throw new IllegalStateException("refused with " + response.status());
            }
            if (part instanceof HttpContent content) {
                out.add(content.content().retain());
            }
        }
    }
}
