package dev.parley.gateway.benchmark.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Opens connections, a limited number at a time, from several addresses so that ports do not run out. What is refused is
 * tried again a little later, as clients do. All are closed by a reset, so that no port has to wait. On the event loop alone.
 */
final class Connector {

    private static final int ADDRESSES = 4;
    /** The kernel doubles it, and takes at least 2304 bytes. */
    private static final int SMALL_BUFFER = 4096;
    private static final int PATIENCE_MILLIS = 30_000;
    private static final int PAUSE_MILLIS = 500;

    private final EventLoop loop;
    private final Target target;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final CountDownLatch toCome;
    private final int atATime;
    private final Duration pause;
    private int opening;
    private int opened;

    /**
     * @param toCome counts those that are not open yet
     * @param atATime so many are opened at once
     * @param pause after each, before the next one is opened
     */
    Connector(EventLoop loop, Target target, CountDownLatch toCome, int atATime, Duration pause) {
        this.loop = loop;
        this.target = target;
        this.toCome = toCome;
        this.atATime = atATime;
        this.pause = pause;
    }

    /** What puts a client's handlers into a channel. */
    @FunctionalInterface
    interface Installation {
        void install(ChannelPipeline pipeline);
    }

    /** @param failed is told of a connection that did not even come to its first byte */
    void open(boolean smallBuffer, Installation installation, Consumer<String> failed) {
        waiting.add(() -> connect(smallBuffer, installation, failed));
        openMore();
    }

    /** @param again what to do where it was not opened */
    @SuppressWarnings("FutureReturnValueIgnored") // ends with the loop
    void settled(boolean open, Runnable again) {
        if (open) {
            toCome.countDown();
        } else {
            loop.schedule(again, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (pause.isZero()) {
            openNext();
        } else {
            loop.schedule(this::openNext, pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void openNext() {
        opening--;
        openMore();
    }

    private void openMore() {
        while (opening < atATime && !waiting.isEmpty()) {
            opening++;
            waiting.remove().run();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // its listener says how it ended
    private void connect(boolean smallBuffer, Installation installation, Consumer<String> failed) {
        Bootstrap bootstrap = new Bootstrap().group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.SO_LINGER, 0)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, PATIENCE_MILLIS)
                .option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true)
                .localAddress("127.0.0." + (1 + opened++ % ADDRESSES), 0)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        installation.install(channel.pipeline());
                    }
                });
        if (smallBuffer) {
            bootstrap.option(ChannelOption.SO_RCVBUF, SMALL_BUFFER);
        }
        bootstrap.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.port()))
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        failed.accept(String.valueOf(connected.cause()));
                    }
                });
    }
}
