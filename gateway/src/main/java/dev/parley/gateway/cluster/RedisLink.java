package dev.parley.gateway.cluster;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/**
 * Makes connections to Redis, in which everything is bounded: a command that is not answered within two seconds fails, one
 * that is sent while there is no connection fails at once, and no more than a few thousand wait for an answer.
 */
final class RedisLink implements AutoCloseable {

    static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    /** So long may the other side leave what was sent unacknowledged: a host that is gone sends no end. */
    private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);
    private static final Duration RECONNECT_FIRST = Duration.ofMillis(50);
    private static final Duration RECONNECT_LAST = Duration.ofSeconds(2);
    private static final int MOST_UNANSWERED = 10_000;

    private final RedisServers servers;
    private final ClientResources resources;
    private final Client commands;
    private final Client listening;

    RedisLink(RedisServers servers) {
        this.servers = servers;
        this.resources = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .nettyCustomizer(new FewerFlushes())
                .reconnectDelay(
                        () -> Delay.fullJitter(RECONNECT_FIRST, RECONNECT_LAST, 2, TimeUnit.MILLISECONDS))
                .build();
        this.commands = client(servers, resources, true);
        // Lettuce would subscribe to all channels anew in one command, and only log where that fails.
        this.listening = client(servers, resources, false);
    }

    RedisServers servers() {
        return servers;
    }

    boolean isCluster() {
        return servers instanceof RedisServers.Cluster;
    }

    /** A connection for commands, which connects again by itself when it is lost. Fails where Redis is away. */
    Mono<RedisClusterAsyncCommands<String, byte[]>> connect() {
        return commands.connect();
    }

    /** A connection to listen on, which is over when it is lost. Fails where Redis is away. */
    Mono<StatefulRedisPubSubConnection<String, byte[]>> listen() {
        return listening.listen();
    }

    @Override
    public void close() {
        commands.close();
        listening.close();
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(COMMAND_TIMEOUT.toMillis());
    }

    private static Client client(RedisServers servers, ClientResources resources, boolean reconnects) {
        return switch (servers) {
            case RedisServers.One(RedisURI uri) -> new ClientOfOne(uri, resources, reconnects);
            case RedisServers.Cluster cluster -> new ClientOfCluster(cluster, resources, reconnects);
        };
    }

    private static <B extends ClientOptions.Builder> B bounded(B options, boolean reconnects) {
        options.autoReconnect(reconnects)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(MOST_UNANSWERED)
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands().fixedTimeout(COMMAND_TIMEOUT).build())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .keepAlive(true)
                        .tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                                .enable()
                                .tcpUserTimeout(UNACKNOWLEDGED)
                                .build())
                        .build());
        return options;
    }

    /** Lettuce flushes after each command, and commands come in crowds, as messages are committed together. */
    private static final class FewerFlushes implements NettyCustomizer {

        private static final int MOST_UNFLUSHED = 64;

        @Override
        public void afterChannelInitialized(Channel channel) {
            channel.pipeline().addFirst(new FlushConsolidationHandler(MOST_UNFLUSHED, true));
        }
    }

    /** What Lettuce's clients have in common, and no type for. */
    private interface Client extends AutoCloseable {

        Mono<RedisClusterAsyncCommands<String, byte[]>> connect();

        Mono<StatefulRedisPubSubConnection<String, byte[]>> listen();

        @Override
        void close();
    }

    private static final class ClientOfOne implements Client {

        private final RedisURI uri;
        private final RedisClient client;

        ClientOfOne(RedisURI uri, ClientResources resources, boolean reconnects) {
            uri.setTimeout(COMMAND_TIMEOUT); // of a connection's first words, too
            uri.getSentinels().forEach(sentinel -> sentinel.setTimeout(COMMAND_TIMEOUT)); // each has one of its own
            this.uri = uri;
            this.client = RedisClient.create(resources, uri);
            client.setOptions(bounded(ClientOptions.builder(), reconnects).build());
        }

        @Override
        public Mono<RedisClusterAsyncCommands<String, byte[]>> connect() {
            return Mono.fromCompletionStage(() -> client.connectAsync(CODEC, uri)).map(StatefulRedisConnection::async);
        }

        @Override
        public Mono<StatefulRedisPubSubConnection<String, byte[]>> listen() {
            return Mono.fromCompletionStage(() -> client.connectPubSubAsync(CODEC, uri));
        }

        @Override
        public void close() {
            client.shutdown(Duration.ZERO, COMMAND_TIMEOUT);
        }
    }

    private static final class ClientOfCluster implements Client {

        private static final Duration LOOK_EVERY = Duration.ofSeconds(30);
        /** Where a server sends the gateway to another, or cannot be reached. */
        private static final Duration LOOK_AT_MOST_EVERY = Duration.ofSeconds(1);

        private final RedisClusterClient client;

        ClientOfCluster(RedisServers.Cluster cluster, ClientResources resources, boolean reconnects) {
            cluster.nodes().forEach(uri -> uri.setTimeout(COMMAND_TIMEOUT));
            this.client = RedisClusterClient.create(resources, cluster.nodes());
            client.setOptions(bounded(ClusterClientOptions.builder(), reconnects)
                    .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                            .enablePeriodicRefresh(LOOK_EVERY)
                            .adaptiveRefreshTriggersTimeout(LOOK_AT_MOST_EVERY)
                            .build())
                    .build());
        }

        @Override
        public Mono<RedisClusterAsyncCommands<String, byte[]>> connect() {
            return partitions().then(Mono.fromCompletionStage(() -> client.connectAsync(CODEC)))
                    .map(StatefulRedisClusterConnection::async);
        }

        @Override
        public Mono<StatefulRedisPubSubConnection<String, byte[]>> listen() {
            return partitions().then(Mono.fromCompletionStage(() -> client.connectPubSubAsync(CODEC)));
        }

        private Mono<Void> partitions() {
            return Mono.fromCompletionStage(client::refreshPartitionsAsync);
        }

        @Override
        public void close() {
            client.shutdown(Duration.ZERO, COMMAND_TIMEOUT);
        }
    }
}
