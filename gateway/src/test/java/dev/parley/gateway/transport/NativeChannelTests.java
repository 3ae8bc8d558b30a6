package dev.parley.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client costs that pings, and does not read what is said to it. */
class NativeChannelTests {

    private static final int MUCH = 1_000;
    private static final int PINGS = 1_000;
    private static final int OVERHEAD = 200;

    private final Socket socket = new Socket();
    private final EmbeddedChannel channel = new EmbeddedChannel(socket);

    /** Takes nothing while its client does not read. */
    private static final class Socket extends ChannelOutboundHandlerAdapter {

        private boolean reads;

        @Override
        public void flush(ChannelHandlerContext context) {
            if (reads) {
                context.flush();
            }
        }
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void pongsDoNotPileUpForOneWhoDoesNotRead() {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(MUCH, MUCH));

        for (int i = 0; i < PINGS; i++) {
            ping("ping " + i);
        }

        assertThat(waiting()).as("bytes").isPositive().isLessThan(MUCH + OVERHEAD);
        socket.reads = true;
        channel.flush();
        assertThat(waiting()).isZero();
        assertThat(pongs()).isPositive().isLessThan(PINGS);
        ping("again");
        assertThat(pongs()).as("who reads again is answered again").isEqualTo(1);
    }

    private void ping(String content) {
        NativeChannel.pong(channel, ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
    }

    private long waiting() {
        return channel.unsafe().outboundBuffer().totalPendingWriteBytes();
    }

    private int pongs() {
        int count = 0;
        for (Object sent = channel.readOutbound(); sent != null; sent = channel.readOutbound()) {
            assertThat(sent).isInstanceOf(PongWebSocketFrame.class);
            ((PongWebSocketFrame) sent).release();
            count++;
        }
        return count;
    }
}
