package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Long polls, one after the other on one kept connection. */
final class PollClient extends Client<FullHttpResponse> {

    private static final int MAX_RESPONSE = 1 << 22;

    private final Target target;
    private final long dialog;
    private final Follower follower;
    private final Pattern pattern;
    private String cursor = "";

    PollClient(Target target, long dialog, Follower follower, Tally tally, Settled settled) {
        super(FullHttpResponse.class, target.follow(), dialog, tally, settled);
        this.target = target;
        this.dialog = dialog;
        this.follower = follower;
        this.pattern = Pattern.compile(Objects.requireNonNull(target.follow().cursor()));
    }

    void install(ChannelPipeline pipeline) {
        String first = Objects.requireNonNullElse(target.follow().firstPath(), path());
        pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_RESPONSE), this,
                new Requests(target, Way.fill(first, dialog)));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
        if (!response.status().equals(HttpResponseStatus.OK)) {
            throw new IllegalStateException("refused with " + response.status() + ' '
                    + response.content().toString(StandardCharsets.UTF_8));
        }
        Matcher matcher = pattern.matcher(response.content().toString(StandardCharsets.UTF_8));
        if (matcher.find()) {
            cursor = matcher.group(1);
        }
        if (!isOpen() && step(context.channel())) {
            return; // one request after the other
        }
        if (isOpen()) {
            heard(response.content());
        } else {
            advance(context.channel());
        }
        Requests.send(context.channel(), target, path(), "");
    }

    private String path() {
        return Way.fill(target.follow().path(), dialog).replace("{cursor}", cursor);
    }

    @Override
    void heard(ByteBuf body) {
        follower.hear(body);
    }

    @Override
    void send(Channel to, String text) {
        Requests.send(to, target, path(), text);
    }
}
