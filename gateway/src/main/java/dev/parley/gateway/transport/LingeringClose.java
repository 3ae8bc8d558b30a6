package dev.parley.gateway.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets a channel end so that its client gets to read the last words: by a FIN, after which whatever the client still says is
 * taken and dropped until it ends, too, or until it has taken too long. A socket that is closed while its client speaks is
 * answered with a reset, and a reset overtakes what the client has not read yet (RFC 1122, section 4.2.2.13; RFC 6455, section
 * 7.1.1).
 *
 * <p>For the end of a connection only; of one thread, the channel's.
 */
final class LingeringClose extends ChannelDuplexHandler {

    private final Duration patience;
    private boolean closing;

    private LingeringClose(Duration patience) {
        this.patience = patience;
    }

    /** To be called on the channel's thread, before it is closed. */
    static void prepare(Channel channel, Duration patience) {
        if (channel instanceof DuplexChannel && channel.pipeline().get(LingeringClose.class) == null) {
            channel.pipeline().addFirst(new LingeringClose(patience));
        }
    }

    /** The channel is to be closed at once. */
    static void forgo(Channel channel) {
        if (channel.pipeline().get(LingeringClose.class) != null) {
            channel.pipeline().remove(LingeringClose.class);
        }
    }

    /** Whoever asks for it again, as Reactor Netty does when all is written, waits with the others. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a channel that cannot be shut down any more is closed
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        DuplexChannel channel = (DuplexChannel) context.channel();
        channel.closeFuture().addListener(closed -> promise.trySuccess());
        if (closing) {
            return;
        }
        closing = true;
        channel.shutdownOutput();
        channel.config().setAutoRead(true);
        context.executor().schedule(() -> context.close(), patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Netty would close a channel at once that is written to after its FIN. */
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it is the promise
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (closing) {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
        } else {
            context.write(message, promise);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (closing) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }
}
