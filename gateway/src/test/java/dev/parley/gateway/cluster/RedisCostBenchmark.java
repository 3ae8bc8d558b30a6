package dev.parley.gateway.cluster;

import dev.parley.gateway.RedisProcess;
import dev.parley.gateway.answer.SlotLedger.Claim;
import dev.parley.gateway.database.ThisNode;
import dev.parley.gateway.dialog.DialogEvent;
import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.RecentSettings;
import dev.parley.gateway.dialog.Sender;
import dev.parley.gateway.limits.Rate;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What the parts of this package cost Redis: memory for the newest messages of a dialog, and processor time for a message, for
 * a token of a bucket and for a question about slots. Measured by Redis' own account; asserts nothing. docker/CAPACITY.md
 * reckons with it.
 */
class RedisCostBenchmark {

    private static final int DIALOGS = Integer.getInteger("dialogs", 500);
    private static final int TIMES = Integer.getInteger("times", 100_000);
    private static final int ROUNDS = Integer.getInteger("rounds", 3);
    private static final int AT_ONCE = 200;
    /** Of what is large, and read by one thread. */
    private static final int FEW = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Test
    void measure() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisLink link = new RedisLink(RedisServers.parse(redis.url()))) {
            RedisCommands commands = new RedisCommands(link);
            commands.afterPropertiesSet();
            RedisClusterAsyncCommands<String, byte[]> asked = Objects.requireNonNull(link.connect().block(PATIENCE));
            Cost cost = new Cost(asked);
            for (int round = 1; round <= ROUNDS; round++) {
                redis.say("FLUSHALL");
                recent(commands, cost);
                publishing(link, commands, cost);
                buckets(link, commands, cost);
                slots(commands, cost);
            }
            commands.destroy();
        }
    }

    /** What Redis says of itself. */
    private record Cost(RedisClusterAsyncCommands<String, byte[]> commands) {

        double micros() throws Exception {
            return (info("cpu", "used_cpu_user") + info("cpu", "used_cpu_sys")) * 1e6;
        }

        double bytes() throws Exception {
            return info("memory", "used_memory");
        }

        private double info(String section, String name) throws Exception {
            return commands.info(section).get(PATIENCE.toSeconds(), TimeUnit.SECONDS).lines()
                    .filter(line -> line.startsWith(name + ":"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1).strip()))
                    .findFirst()
                    .orElseThrow();
        }

        void print(String what, int times, LongFunction<? extends Publisher<?>> work) throws Exception {
            print(what, times, AT_ONCE, work);
        }

        void print(String what, int times, int atOnce, LongFunction<? extends Publisher<?>> work)
                throws Exception {
            double before = micros();
            Flux.range(0, times).flatMap(work::apply, atOnce).then().block(PATIENCE);
            System.out.printf(Locale.ROOT, "%-60s %6.2f us of Redis%n", what, (micros() - before) / times);
        }
    }

    private static Message message(long dialogId, long seq, int length) {
        boolean question = seq % 2 == 1;
        String request = UUID.randomUUID().toString();
        return new Message(dialogId, seq, dialogId * 1000 + seq, Message.Kind.MESSAGE,
                question ? Sender.USER : Sender.ASSISTANT, question ? "k7mfq93xth2harvd4mzp0a" : "assistant",
                question ? null : "Ada",
                "4123456789-2345678901-1234567890-" + seq, "x".repeat(length), null, request, 0, Instant.now());
    }

    private static RecentInRedis recent(RedisCommands commands) {
        return new RecentInRedis(commands, RedisNode.NAMES, new RecentSettings(100, Duration.ofMinutes(1), 1000),
                new SimpleMeterRegistry());
    }

    private static void recent(RedisCommands commands, Cost cost) throws Exception {
        RecentInRedis recent = recent(commands);
        for (int kept : List.of(1, 10, 100)) {
            double before = cost.bytes();
            long first = kept * 1_000_000L;
            Flux.range(0, DIALOGS * kept)
                    .flatMap(i -> Mono.fromCompletionStage(() -> recent.add(first + i % DIALOGS,
                            List.of(message(first + i % DIALOGS, 1 + i / DIALOGS,
                                    (i / DIALOGS) % 2 == 0 ? 100 : 1000)))),
                            AT_ONCE)
                    .then().block(PATIENCE);
            System.out.printf(Locale.ROOT,
                    "the newest %d messages of a dialog, 100 and 1,000 bytes in turns: %.0f bytes%n",
                    kept, (cost.bytes() - before) / DIALOGS);
        }
        cost.print("a message of 100 bytes kept, the 100th of its dialog and beyond", TIMES,
                i -> Mono.fromCompletionStage(() -> recent.add(100_000_000L + i % DIALOGS,
                        List.of(message(100_000_000L + i % DIALOGS, 1000 + i, 100)))));
        cost.print("the newest 100 messages read", TIMES / 20, FEW,
                i -> recent.read(100_000_000L + i % DIALOGS));
    }

    private static void publishing(RedisLink link, RedisCommands commands, Cost cost) throws Exception {
        RecentInRedis recent = recent(commands);
        BusCodec codec = new BusCodec(1);
        List<StatefulRedisPubSubConnection<String, byte[]>> nodes = new ArrayList<>();
        for (int heard = 1; heard <= 2; heard++) {
            nodes.add(node(link));
            cost.print("a message of 100 bytes kept and told to " + heard + " nodes", TIMES, i -> {
                Message message = message(100_000_000L + i % DIALOGS, 1_000_000 + i, 100);
                return Mono.fromCompletionStage(() -> tell(recent, message, codec));
            });
            cost.print("words of an answer told to " + heard + " nodes", TIMES, i -> commands.send(
                    redis -> redis.publish("bench", codec.news(List.of(delta(i))))));
        }
        nodes.forEach(StatefulRedisPubSubConnection::close);
        cost.print("words of an answer told to nobody", TIMES,
                i -> commands.send(redis -> redis.publish("bench", codec.news(List.of(delta(i))))));
    }

    private static CompletionStage<Long> tell(RecentInRedis recent, Message message, BusCodec codec) {
        return recent.addAndPublish(message.dialogId(), List.of(message), "bench",
                codec.news(List.of(new DialogEvent.Logged(message))));
    }

    private static DialogEvent delta(long i) {
        return new DialogEvent.AnswerDelta(i, "0b5c7f4e-5b2f-4a0e-9b1f-0d9f6a1c2e3d", 0, (int) (i % 1000),
                " and so on");
    }

    private static StatefulRedisPubSubConnection<String, byte[]> node(RedisLink link) throws Exception {
        StatefulRedisPubSubConnection<String, byte[]> connection = Objects
                .requireNonNull(link.listen().block(PATIENCE));
        connection.addListener(new RedisPubSubAdapter<>());
        connection.async().subscribe("bench").get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        return connection;
    }

    private static void buckets(RedisLink link, RedisCommands commands, Cost cost) throws Exception {
        RedisBuckets buckets = new RedisBuckets(link, commands, RedisNode.NAMES);
        Rate rate = Rate.perMinute(60);
        double before = cost.bytes();
        cost.print("a token of a bucket, each of its own", TIMES,
                i -> buckets.take("messages:visitor:benchmark" + i, rate));
        System.out.printf(Locale.ROOT, "a bucket that is not full: %.0f bytes%n", (cost.bytes() - before) / TIMES);
        cost.print("a token of a bucket, all of one", TIMES, i -> buckets.take("messages:one", rate));
    }

    /** Every node holds a few slots, and has three that wait. */
    private static void slots(RedisCommands commands, Cost cost) throws Exception {
        SlotsInRedis slots = new SlotsInRedis(commands, RedisNode.NAMES,
                new NodeCalls(commands, RedisNode.NAMES, new ThisNode()));
        for (int nodes : List.of(2, 10, 50, 100)) {
            commands.send(redis -> redis.del(RedisNode.NAMES.slots())).block(PATIENCE);
            cost.print("a question about slots, " + nodes + " nodes", TIMES / 20,
                    i -> slots.settle(new Claim(1 + i % nodes,
                            i, 5, 5 * nodes, nodes, List.of(300L, 200L, 100L))));
        }
        slots.destroy();
    }
}
