package dev.parley.gateway;

import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.time.Duration;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.netty.ReactorNetty;
import reactor.netty.resources.LoopResources;

/** What is special about our event loops and sockets. */
@Configuration(proxyBeanMethods = false)
class NettyConfiguration {

    /** The kernel would else keep megabytes for each client that does not read, where nobody counts them. */
    private static final int SEND_BUFFER = 64 * 1024;

    /** Beyond the high mark an outbox waits, below the low one it goes on: what waits in between is counted there. */
    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(16 * 1024, 32 * 1024);

    /** Enough for thousands who lost their connection at once and come back at once. */
    private static final int BACKLOG = 4096;

    /** Nothing blocks them, so more than there are processors would only wake each other. */
    private static final int LOOPS = Integer.getInteger(ReactorNetty.IO_WORKER_COUNT,
            Math.max(2, Runtime.getRuntime().availableProcessors()));

    /** By the time that the loops end all connections are closed: two seconds, as is usual, would only make a restart longer. */
    private static final Duration QUIET = Duration.ofMillis(50);

    /** Gives each application event loops of its own: the shared ones would end with whichever ends first in a process. */
    @Bean
    ReactorResourceFactory nettyResources() {
        ReactorResourceFactory resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setShutdownQuietPeriod(QUIET);
        resources.setLoopResourcesSupplier(() -> LoopResources.create("http", LOOPS, true));
        return resources;
    }

    @Bean
    NettyServerCustomizer sockets() {
        return server -> server.option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS);
    }
}
