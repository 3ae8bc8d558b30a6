package dev.parley.gateway.cluster;

import dev.parley.gateway.limits.Buckets;
import dev.parley.gateway.limits.Rate;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The buckets that nodes share. Each is a key that holds when it will be full again, in microseconds of Redis' own clock, so
 * the clocks of nodes do not matter; the key goes by itself when the bucket is full. Where Redis' clock is put back, or
 * another server with another clock takes over, a bucket has at most everything missing: nobody waits longer than ever.
 */
@ManyNodes
@Component
final class RedisBuckets implements Buckets {

    private static final long MICROSECOND = 1_000;
    private static final long MILLISECOND_IN_MICROSECONDS = 1_000;

    /** Of a key how much is missing, as a time; nil where the bucket is full. */
    private static final String LOOK = """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local function look(key)
              local full_at = redis.call('GET', key)
              return full_at and math.max(0, full_at - now)
            end
            local function keep(key, missing)
              redis.call('SET', key, string.format('%.0f', now + missing), 'PX', math.ceil(missing / 1000))
            end
            """;

    /** Returns the number of the first bucket that is empty, and for how long; nothing is taken then. Else two zeros. */
    private static final RedisScript TAKE = RedisScript.of(LOOK + """
            local after = {}
            for i, key in ipairs(KEYS) do
              local interval, whole = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
              local missing = look(key) or 0
              local wait = math.min(missing, whole) + interval - whole
              if wait > 0 then
                if missing > whole then keep(key, whole) end
                return {i, wait}
              end
              after[i] = missing + interval
            end
            for i, key in ipairs(KEYS) do keep(key, after[i]) end
            return {0, 0}
            """, ScriptOutputType.MULTI);

    private static final RedisScript GIVE_BACK = RedisScript.of(LOOK + """
            local interval, whole = tonumber(ARGV[1]), tonumber(ARGV[2])
            local missing = look(KEYS[1])
            if not missing then
              return 0
            end
            missing = math.min(missing, whole) - interval
            if missing > 0 then
              keep(KEYS[1], missing)
            else
              redis.call('DEL', KEYS[1])
            end
            return 1
            """, ScriptOutputType.INTEGER);

    private final RedisCommands redis;
    private final RedisNames names;
    private final boolean isCluster;

    RedisBuckets(RedisLink link, RedisCommands redis, RedisNames names) {
        this.redis = redis;
        this.names = names;
        this.isCluster = link.isCluster();
    }

    @Override
    public Mono<Duration> take(String bucket, Rate rate) {
        return takeAtOnce(List.of(new Token(bucket, rate))).map(Taken::until);
    }

    /** The servers of a cluster share the keys, so what is to be taken there is taken one after the other. */
    @Override
    public Mono<Taken> takeAll(List<Token> tokens) {
        return isCluster ? Buckets.super.takeAll(tokens) : takeAtOnce(tokens);
    }

    private Mono<Taken> takeAtOnce(List<Token> tokens) {
        return this.<List<Object>>run(TAKE, tokens).map(result -> {
            int refused = Math.toIntExact((Long) result.getFirst()) - 1;
            long wait = (Long) result.getLast();
            return refused < 0
                    ? Taken.ALL
                    : new Taken(refused, Duration.ofMillis(Math.ceilDiv(wait, MILLISECOND_IN_MICROSECONDS)));
        });
    }

    @Override
    public Mono<Void> giveBack(String bucket, Rate rate) {
        return run(GIVE_BACK, List.of(new Token(bucket, rate))).then();
    }

    /** All answers of Redis are read by one thread, which is not to do all that comes after them, too. */
    private <T> Mono<T> run(RedisScript script, List<Token> tokens) {
        String[] keys = tokens.stream().map(token -> names.limit(token.bucket())).toArray(String[]::new);
        byte[][] numbers = tokens.stream().map(Token::rate)
                .flatMap(rate -> {
                    long interval = Math.ceilDiv(rate.interval(), MICROSECOND);
                    return Stream.of(number(interval), number(interval * rate.count()));
                })
                .toArray(byte[][]::new);
        return redis.<T>run(script, keys, numbers).publishOn(Schedulers.parallel());
    }

    private static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }
}
