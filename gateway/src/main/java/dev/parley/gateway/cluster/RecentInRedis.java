package dev.parley.gateway.cluster;

import dev.parley.gateway.dialog.Message;
import dev.parley.gateway.dialog.RecentSettings;
import io.lettuce.core.Range;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The newest messages of each dialog, for nodes that have heard none of them. They are a sorted set by seq, so it does not
 * matter in which order nodes put them there, nor whether two nodes put the same. Like all in Redis they may be missing; they
 * are never ahead of the log.
 */
@ManyNodes
@Component
final class RecentInRedis {

    private static final Duration ACTIVE = Duration.ofHours(1);
    private static final Duration IDLE = Duration.ofMinutes(15);

    /** In one step, so whoever hears a channel and then reads the set has each message from the one or the other. */
    private static final RedisScript ADD_AND_PUBLISH = RedisScript.of("""
            for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
            redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
            redis.call('PEXPIRE', KEYS[1], ARGV[4])
            return ARGV[1] == '' and 0 or redis.call('PUBLISH', ARGV[1], ARGV[2])""", ScriptOutputType.INTEGER);

    private final RedisCommands redis;
    private final RedisNames names;
    private final RecentSettings settings;
    private final Counter hits;
    private final Counter misses;

    RecentInRedis(RedisCommands redis, RedisNames names, RecentSettings settings, MeterRegistry meters) {
        this.redis = redis;
        this.names = names;
        this.settings = settings;
        this.hits = counter(meters, "hit");
        this.misses = counter(meters, "miss");
    }

    private static Counter counter(MeterRegistry meters, String result) {
        return Counter.builder("parley.recent.lookups")
                .description(
                        "Dialogs whose newest messages a node looked for in Redis, because it remembered none itself")
                .tag("result", result)
                .register(meters);
    }

    /**
     * Adds the messages of some news and tells the news, now and in one step. Gives how many have heard it. What a Redis
     * does not keep that takes no writes, as it is full, say, is told all the same.
     */
    CompletionStage<Long> addAndPublish(long dialogId, List<Message> messages, String channel, byte[] news) {
        return add(dialogId, messages, bytes(channel), news).exceptionallyCompose(error -> isRefusal(error)
                ? redis.start(commands -> commands.publish(channel, news))
                : CompletableFuture.failedStage(error));
    }

    private static boolean isRefusal(Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        return cause instanceof RedisCommandExecutionException;
    }

    /** Adds messages, now, of which nobody needs to be told. */
    CompletionStage<Long> add(long dialogId, List<Message> messages) {
        return add(dialogId, messages, new byte[0], new byte[0]);
    }

    private CompletionStage<Long> add(long dialogId, List<Message> messages, byte[] channel, byte[] news) {
        List<byte[]> arguments = new ArrayList<>(List.of(channel, news, bytes(Integer.toString(settings.size())),
                bytes(Long.toString(ACTIVE.toMillis()))));
        messages.forEach(message -> {
            arguments.add(bytes(Long.toString(message.seq())));
            arguments.add(BusCodec.message(message));
        });
        return redis.start(ADD_AND_PUBLISH, new String[]{names.recent(dialogId)}, arguments.toArray(byte[][]::new));
    }

    /**
     * The newest messages that are there, oldest first and without a hole. All answers of Redis are read by one thread, which is
     * not to open rooms, too.
     */
    Mono<List<Message>> read(long dialogId) {
        return redis.send(commands -> commands.zrangebyscore(names.recent(dialogId), Range.unbounded()))
                .publishOn(Schedulers.parallel())
                .map(RecentInRedis::newest)
                .doOnNext(messages -> (messages.isEmpty() ? misses : hits).increment());
    }

    /** Nobody on this node follows the dialog any more. */
    CompletionStage<Boolean> letGo(long dialogId) {
        return redis.start(commands -> commands.pexpire(names.recent(dialogId), IDLE.toMillis()));
    }

    private static List<Message> newest(List<byte[]> values) {
        List<Message> all = values.stream()
                .map(BusCodec::message)
                .filter(Objects::nonNull)
                .sorted(Comparator.comparingLong(Message::seq))
                .toList();
        List<Message> newest = new ArrayList<>();
        for (Message message : all.reversed()) {
            if (newest.isEmpty() || message.seq() == newest.getLast().seq() - 1) {
                newest.add(message);
            } else if (message.seq() != newest.getLast().seq()) {
                break;
            }
        }
        return List.copyOf(newest.reversed());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
