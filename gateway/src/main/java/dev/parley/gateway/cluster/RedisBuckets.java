package dev.parley.gateway.cluster;

import dev.parley.gateway.limits.Buckets;
import dev.parley.gateway.limits.Rate;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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

    /** How much is missing, as a time; nil where the bucket is full. */
    private static final String LOOK = """
            local interval, whole = tonumber(ARGV[1]), tonumber(ARGV[2])
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local full_at = redis.call('GET', KEYS[1])
            local missing = full_at and math.max(0, full_at - now)
            local function keep(missing)
              redis.call('SET', KEYS[1], string.format('%.0f', now + missing), 'PX', math.ceil(missing / 1000))
            end
            """;

    /** Returns for how long there is none: 0 where one was taken. */
    private static final RedisScript TAKE = RedisScript.of(LOOK + """
            missing = missing or 0
            local wait = math.max(0, math.min(missing, whole) + interval - whole)
            if wait == 0 then
              keep(missing + interval)
            elseif missing > whole then
              keep(whole)
            end
            return wait
            """, ScriptOutputType.INTEGER);

    private static final RedisScript GIVE_BACK = RedisScript.of(LOOK + """
            if not missing then
              return 0
            end
            missing = math.min(missing, whole) - interval
            if missing > 0 then
              keep(missing)
            else
              redis.call('DEL', KEYS[1])
            end
            return 1
            """, ScriptOutputType.INTEGER);

    private final RedisCommands redis;
    private final RedisNames names;

    RedisBuckets(RedisCommands redis, RedisNames names) {
        this.redis = redis;
        this.names = names;
    }

    @Override
    public Mono<Duration> take(String bucket, Rate rate) {
        return run(TAKE, bucket, rate)
                .map(wait -> Duration.ofMillis(Math.ceilDiv(wait, MILLISECOND_IN_MICROSECONDS)));
    }

    @Override
    public Mono<Void> giveBack(String bucket, Rate rate) {
        return run(GIVE_BACK, bucket, rate).then();
    }

    /** All answers of Redis are read by one thread, which is not to do all that comes after them, too. */
    private Mono<Long> run(RedisScript script, String bucket, Rate rate) {
        long interval = Math.ceilDiv(rate.interval(), MICROSECOND);
        return redis
                .<Long>run(script, new String[]{names.limit(bucket)}, number(interval), number(interval * rate.count()))
                .publishOn(Schedulers.parallel());
    }

    private static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }
}
