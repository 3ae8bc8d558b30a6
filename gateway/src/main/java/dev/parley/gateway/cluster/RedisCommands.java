package dev.parley.gateway.cluster;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * What Redis is asked. All commands of this node go over one connection, in the order in which they are given; each fails
 * within two seconds where Redis does not answer, and at once where there is no connection. Whoever asks has to have something
 * else to do then: Redis is never needed, only quick.
 */
@ManyNodes
@Component
final class RedisCommands implements InitializingBean, DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(RedisCommands.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final RedisLink link;
    private final Disposable.Swap connecting = Disposables.swap();
    private volatile @Nullable RedisClusterAsyncCommands<String, byte[]> commands;

    RedisCommands(RedisLink link) {
        this.link = link;
    }

    /** Connects once, however long that takes; from then on the connection comes back by itself. */
    @Override
    public void afterPropertiesSet() {
        connecting.update(link.connect()
                .doOnError(error -> log.debug("Redis does not answer", error))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, FIRST_PAUSE).maxBackoff(LONGEST_PAUSE))
                .subscribe(connected -> commands = connected));
    }

    @Override
    public void destroy() {
        connecting.dispose();
    }

    /** Sends a command now, whether or not anybody subscribes to its answer. */
    <T> Mono<T> send(Function<RedisClusterAsyncCommands<String, byte[]>, RedisFuture<T>> command) {
        RedisClusterAsyncCommands<String, byte[]> now = commands;
        if (now == null) {
            return Mono.error(() -> new RedisException("there is no connection to Redis yet"));
        }
        try {
            RedisFuture<T> answer = command.apply(now);
            return Mono.fromCompletionStage(answer);
        } catch (RedisException refused) {
            return Mono.error(refused);
        }
    }

    /** Runs a script, once for each subscription. */
    <T> Mono<T> run(RedisScript script, String[] keys, byte[]... arguments) {
        return Mono.defer(() -> this.<T>send(redis -> redis.evalsha(script.digest(), script.result(), keys, arguments))
                .onErrorResume(RedisNoScriptException.class, unknown -> send(
                        redis -> redis.eval(script.text(), script.result(), keys, arguments))));
    }
}
