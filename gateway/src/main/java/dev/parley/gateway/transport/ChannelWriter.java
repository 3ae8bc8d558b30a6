package dev.parley.gateway.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import java.util.function.Function;

/**
 * Writes an outbox straight to its channel. Reactor Netty's own way, a publisher for each connection, costs a queue of it and
 * a flush for each frame; here the bytes of an event are shared by all connections, and all that waits is flushed once.
 */
final class ChannelWriter extends ChannelInboundHandlerAdapter implements FrameTarget {

    private final Channel channel;
    private final Function<byte[], Object> wrapping;
    private volatile Runnable onWritable = () -> {};

    /** @param wrapping what the channel's pipeline takes */
    ChannelWriter(Channel channel, Function<byte[], Object> wrapping) {
        this.channel = channel;
        this.wrapping = wrapping;
    }

    /** Hears from now on when the channel takes more again. To be called on the channel's event loop. */
    void open(Runnable whenWritable) {
        onWritable = whenWritable;
        channel.pipeline().addFirst(this);
    }

    /** The opposite of {@link #open}; for a channel that lives on. */
    void close() {
        if (channel.pipeline().context(this) != null) {
            channel.pipeline().remove(this);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (channel.isWritable()) {
            onWritable.run();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the channel, which the connection hears of
    public void write(byte[] bytes) {
        channel.write(wrapping.apply(bytes), channel.voidPromise());
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public void execute(Runnable task) {
        channel.eventLoop().execute(task);
    }

    @Override
    public long unsent() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }
}
