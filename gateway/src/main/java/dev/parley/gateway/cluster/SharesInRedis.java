package dev.parley.gateway.cluster;

import dev.parley.gateway.answer.UserShares;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The answers that each user has open on all nodes: a sorted set for each, by when they were asked for. A node that dies, or
 * cannot reach Redis when an answer ends, leaves it there; so before somebody is refused for what is no longer new, the log is
 * asked whether it is open in truth.
 */
@ManyNodes
@Component
final class SharesInRedis implements UserShares {

    /** Longer than a question takes to be stored. Whatever is not in the log by then never came to be. */
    static final Duration OLD = Duration.ofSeconds(10);

    /** After which a user who has asked for nothing since has nothing open, as far as this is concerned. */
    private static final Duration HOLDS = Duration.ofMinutes(10);

    private static final Duration PATIENCE = Duration.ofMillis(250);

    /** Returns 1 where there was room, else 0 and all that is old. */
    private static final RedisScript TAKE = RedisScript.of("""
            local id, most, old, holds = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            if redis.call('ZCARD', KEYS[1]) < most or redis.call('ZSCORE', KEYS[1], id) then
              redis.call('ZADD', KEYS[1], string.format('%.0f', now), id)
              redis.call('PEXPIRE', KEYS[1], holds)
              return {1}
            end
            local result = {0}
            local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
            for i = 1, #all, 2 do
              local since = tonumber(all[i + 1])
              if since <= now - old or since > now then result[#result + 1] = all[i] end
            end
            return result""", ScriptOutputType.MULTI);

    private final RedisCommands redis;
    private final RedisNames names;

    SharesInRedis(RedisCommands redis, RedisNames names) {
        this.redis = redis;
        this.names = names;
    }

    /** @param old may be over since long, where there was no room */
    private record Taken(boolean hasRoom, Set<String> old) {

        static Taken of(List<Object> result) {
            return new Taken((Long) result.getFirst() == 1, result.stream().skip(1)
                    .map(id -> new String((byte[]) id, StandardCharsets.UTF_8))
                    .collect(Collectors.toSet()));
        }
    }

    @Override
    public Mono<Boolean> take(String user, String requestId, int most, Open open) {
        return take(user, requestId, most)
                .flatMap(taken -> taken.hasRoom() || taken.old().isEmpty()
                        ? Mono.just(taken.hasRoom())
                        : open.apply(taken.old())
                                .flatMap(still -> takeAgain(user, requestId, most, taken.old(), still)))
                .timeout(PATIENCE)
                .onErrorReturn(true);
    }

    private Mono<Boolean> takeAgain(String user, String requestId, int most, Set<String> old, Set<String> stillOpen) {
        Set<String> over = new HashSet<>(old);
        over.removeAll(stillOpen);
        if (over.isEmpty()) {
            return Mono.just(false);
        }
        return redis.send(commands -> commands.zrem(names.open(user), over.stream().map(SharesInRedis::bytes)
                .toArray(byte[][]::new))).then(take(user, requestId, most)).map(Taken::hasRoom);
    }

    private Mono<Taken> take(String user, String requestId, int most) {
        return redis.<List<Object>>run(TAKE, new String[]{names.open(user)}, bytes(requestId),
                bytes(Integer.toString(most)), bytes(Long.toString(OLD.toMillis())),
                bytes(Long.toString(HOLDS.toMillis())))
                .map(Taken::of)
                // All answers of Redis are read by one thread, which is not to do all that comes after them, too.
                .publishOn(Schedulers.parallel());
    }

    @Override
    public void giveBack(String user, String requestId) {
        var _ = redis.start(commands -> commands.zrem(names.open(user), bytes(requestId)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
