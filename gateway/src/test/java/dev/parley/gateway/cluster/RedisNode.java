package dev.parley.gateway.cluster;

import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.limits.Buckets;
import java.time.Duration;
import org.awaitility.Awaitility;
import reactor.core.publisher.Mono;

/** As much of a node as speaks with Redis, with a connection of its own. */
record RedisNode(RedisLink link, RedisCommands commands, Buckets buckets) implements AutoCloseable {

    static final RedisNames NAMES = new RedisNames("test");

    /** One that is connected. */
    static RedisNode of(RedisProcess redis) {
        RedisLink link = new RedisLink(RedisServers.parse(redis.url()));
        RedisCommands commands = new RedisCommands(link);
        commands.afterPropertiesSet();
        RedisNode node = new RedisNode(link, commands, new RedisBuckets(link, commands, NAMES));
        Awaitility.await().until(node::isConnected);
        return node;
    }

    boolean isConnected() {
        return Boolean.TRUE.equals(Mono.defer(() -> commands.send(redis -> redis.ping()))
                .hasElement()
                .onErrorReturn(false)
                .block(Duration.ofSeconds(10)));
    }

    @Override
    public void close() {
        commands.destroy();
        link.close();
    }
}
