package dev.parley.gateway.benchmark.load;

import dev.parley.gateway.benchmark.load.Target.Way;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A WebSocket. Pings are answered, those of Socket.IO (the frame {@code 2}) as well. */
final class SocketClient extends Client<WebSocketFrame> {

    private static final int MAX_FRAME = 1 << 22;
    private static final int MAX_RESPONSE = 1 << 16;
    private static final long PATIENCE_MILLIS = 60_000;

    private final Consumer<ByteBuf> listener;

    SocketClient(Way way, long dialog, Consumer<ByteBuf> listener, Tally tally, Settled settled) {
        super(WebSocketFrame.class, way, dialog, tally, settled);
        this.listener = listener;
    }

    void install(ChannelPipeline pipeline, Target target, Way way, long dialog) {
        HttpHeaders headers = new DefaultHttpHeaders();
        way.headers().forEach(headers::set);
        WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder()
                .webSocketUri("ws://127.0.0.1:" + target.port() + Way.fill(way.path(), dialog))
                .customHeaders(headers)
                .generateOriginHeader(false)
                .maxFramePayloadLength(MAX_FRAME)
                .withUTF8Validator(false)
                .handleCloseFrames(false)
                .handshakeTimeoutMillis(PATIENCE_MILLIS)
                .build();
        pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_RESPONSE),
                new WebSocketClientProtocolHandler(config), this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            advance(context.channel());
        } else if (event == ClientHandshakeStateEvent.HANDSHAKE_TIMEOUT) {
            end("no answer to the handshake");
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (frame instanceof CloseWebSocketFrame close) {
            end("closed with " + close.statusCode() + ' ' + close.reasonText());
        } else if (content.readableBytes() == 1 && content.getByte(content.readerIndex()) == '2') {
            send(context.channel(), "3");
        } else {
            take(context.channel(), content);
        }
    }

    @Override
    void heard(ByteBuf bytes) {
        listener.accept(bytes);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // what does not get through is missed by those who wait for it
    void send(Channel to, String text) {
        to.writeAndFlush(new TextWebSocketFrame(text));
    }

    /** For a publisher: is its message refused? */
    static Consumer<ByteBuf> refusals(Tally tally, String failure) {
        return bytes -> {
            String answer = bytes.toString(StandardCharsets.UTF_8);
            if (!failure.isEmpty() && answer.contains(failure)) {
                tally.refused(answer);
            }
        };
    }
}
