package dev.parley.gateway.cluster;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * The connection on which this node hears the others: made anew whenever it is lost, and given up where it hears nothing. That
 * it is open says little: after a failover it may be one to a server that answers, and is told nothing. So the node tells
 * itself something every ten seconds, by the same way as everything else, and what does not come back within three is taken
 * for such a connection.
 */
final class BusConnection implements Disposable {

    private static final Logger log = LoggerFactory.getLogger(BusConnection.class);

    private static final Duration PROBE_EVERY = Duration.ofSeconds(10);
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(3);
    /** For all channels; each command for some of them has the two seconds that any command has. */
    private static final Duration SUBSCRIBE_PATIENCE = Duration.ofMinutes(1);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final RedisLink link;
    private final RedisCommands redis;
    private final BusChannels channels;
    private final String probes;
    private final BiConsumer<String, byte[]> listener;
    private final Runnable onWhole;
    private final Runnable onProbe;
    private final Scheduler timer;
    private final Disposable.Swap running = Disposables.swap();
    private volatile Sinks.Empty<Void> probe = Sinks.empty();
    private volatile boolean whole;
    private volatile boolean complained;

    /**
     * @param probes the channel on which this node tells itself that it hears
     * @param listener of all other channels, on the thread that reads the connection
     * @param onWhole run when everything is heard again
     * @param onProbe run as often as that turns out to be so still
     */
    BusConnection(RedisLink link, RedisCommands redis, BusChannels channels, String probes,
            BiConsumer<String, byte[]> listener, Runnable onWhole, Runnable onProbe, Scheduler timer) {
        this.link = link;
        this.redis = redis;
        this.channels = channels;
        this.probes = probes;
        this.listener = listener;
        this.onWhole = onWhole;
        this.onProbe = onProbe;
        this.timer = timer;
    }

    /** Whether everything that is wanted is heard, as far as is known. */
    boolean isWhole() {
        return whole;
    }

    /** @param more channels that are wanted always */
    void start(List<String> more) {
        running.update(Mono.when(channels.want(probes), Mono.when(more.stream().map(channels::want).toList()))
                .and(Mono.defer(this::listen)
                        .doOnError(this::lost)
                        .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE).maxBackoff(LONGEST_PAUSE).scheduler(timer)
                                .transientErrors(true)))
                .subscribe());
    }

    @Override
    public void dispose() {
        running.dispose();
    }

    private Mono<Void> listen() {
        return Mono.usingWhen(link.listen(), this::listenOn,
                connection -> Mono.fromCompletionStage(connection::closeAsync).onErrorComplete());
    }

    /** Until the connection is lost, which is an error. */
    private Mono<Void> listenOn(StatefulRedisPubSubConnection<String, byte[]> connection) {
        Sinks.Empty<Void> end = Sinks.empty();
        connection.addListener(new Ears(connection));
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                end.tryEmitError(new IllegalStateException("the connection was closed"));
            }
        });
        return channels.use(connection)
                .timeout(SUBSCRIBE_PATIENCE, timer)
                .then(probe())
                .then(Mono.fromRunnable(this::isWholeAgain))
                .thenMany(Flux.interval(PROBE_EVERY, timer).onBackpressureDrop()
                        .concatMap(tick -> probe().doOnSuccess(back -> onProbe.run()), 1))
                .then()
                .or(end.asMono())
                .doFinally(signal -> {
                    whole = false;
                    channels.lose();
                });
    }

    /** Fails where what this node tells itself does not come back. */
    private Mono<Void> probe() {
        return Mono.defer(() -> {
            Sinks.Empty<Void> back = Sinks.empty();
            probe = back;
            return redis.send(commands -> commands.publish(probes, new byte[0])).then(back.asMono());
        }).timeout(PROBE_PATIENCE, timer);
    }

    private void isWholeAgain() {
        whole = true;
        log.info("This node hears the others through Redis at {}", link.servers());
        complained = false;
        onWhole.run();
    }

    /** Said once, until it is well again. */
    private void lost(Throwable error) {
        if (!complained) {
            complained = true;
            log.warn(
                    "This node does not hear the others through Redis at {} ({}): it goes on alone, and finds what they"
                            + " say in the log every two seconds",
                    link.servers(), error.toString());
        }
    }

    private final class Ears extends RedisPubSubAdapter<String, byte[]> {

        private final StatefulRedisPubSubConnection<String, byte[]> connection;

        Ears(StatefulRedisPubSubConnection<String, byte[]> connection) {
            this.connection = connection;
        }

        @Override
        public void subscribed(String channel, long count) {
            channels.confirm(connection, channel);
        }

        @Override
        public void message(String channel, byte[] content) {
            if (channel.equals(probes)) {
                probe.tryEmitEmpty();
            } else {
                listener.accept(channel, content);
            }
        }
    }
}
