package dev.parley.gateway.cluster;

import dev.parley.gateway.RedisProcess;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What it costs Redis that each dialog has a channel, instead of each node one: to subscribe to so many, to hold them, and to
 * publish to one of them. Measured by Redis' own processor time and memory, with two nodes that listen. Speed is not asserted.
 */
class ChannelsBenchmark {

    private static final int CHANNELS = Integer.getInteger("channels", 20_000);
    private static final int MESSAGES = Integer.getInteger("messages", 200_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final byte[] CONTENT = new byte[400];

    @Test
    void measure() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisLink link = new RedisLink(RedisServers.parse(redis.url()))) {
            RedisClusterAsyncCommands<String, byte[]> commands = Objects.requireNonNull(link.connect().block(PATIENCE));
            for (int round = 1; round <= ROUNDS; round++) {
                measure(link, commands, "a channel for each of " + CHANNELS + " dialogs", CHANNELS);
                measure(link, commands, "an inbox for each node", 1);
            }
        }
    }

    private static void measure(RedisLink link, RedisClusterAsyncCommands<String, byte[]> commands, String what,
            int count)
            throws Exception {
        double memory = info(commands, "memory", "used_memory");
        double cpu = cpu(commands);
        long start = System.nanoTime();
        Listener one = new Listener(link, count);
        Listener other = new Listener(link, count);
        double seconds = (System.nanoTime() - start) / 1e9;
        double subscribed = cpu(commands);
        double more = info(commands, "memory", "used_memory") - memory;
        for (int i = 0; i < MESSAGES; i++) {
            var last = commands.publish("channel:" + i % count, CONTENT);
            if (i % 1000 == 999) {
                last.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
        one.await();
        other.await();
        double published = cpu(commands);
        System.out.printf(Locale.ROOT,
                "%s: subscribing %.2f us of Redis and %.0f bytes a channel and node, %.2f s in all; a message to two nodes %.2f us of Redis%n",
                what, (subscribed - cpu) * 1e6 / (2.0 * count), more / (2.0 * count), seconds,
                (published - subscribed) * 1e6 / MESSAGES);
        one.connection.close();
        other.connection.close();
    }

    private static double cpu(RedisClusterAsyncCommands<String, byte[]> commands) throws Exception {
        return info(commands, "cpu", "used_cpu_user") + info(commands, "cpu", "used_cpu_sys");
    }

    private static double info(RedisClusterAsyncCommands<String, byte[]> commands, String section, String name)
            throws Exception {
        return commands.info(section).get(PATIENCE.toSeconds(), TimeUnit.SECONDS).lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1).strip()))
                .findFirst()
                .orElseThrow();
    }

    /** A node that hears all channels. */
    private static final class Listener {

        private final StatefulRedisPubSubConnection<String, byte[]> connection;
        private final CountDownLatch heard = new CountDownLatch(MESSAGES);

        Listener(RedisLink link, int count) throws Exception {
            connection = Objects.requireNonNull(link.listen().block(PATIENCE));
            connection.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, byte[] content) {
                    heard.countDown();
                }
            });
            String[] channels = IntStream.range(0, count).mapToObj(i -> "channel:" + i).toArray(String[]::new);
            for (int from = 0; from < count; from += BusChannels.MOST_IN_A_COMMAND) {
                connection.async()
                        .subscribe(Arrays.copyOfRange(channels, from,
                                Math.min(count, from + BusChannels.MOST_IN_A_COMMAND)))
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }

        void await() throws InterruptedException {
            if (!heard.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(heard.getCount() + " messages were not heard");
            }
        }
    }
}
