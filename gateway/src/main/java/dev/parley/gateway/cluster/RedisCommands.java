package dev.parley.gateway.cluster;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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

    /** Sends a command now, whether or not anybody waits for its answer. */
    <T> CompletionStage<T> start(Function<RedisClusterAsyncCommands<String, byte[]>, RedisFuture<T>> command) {
        RedisClusterAsyncCommands<String, byte[]> now = commands;
        if (now == null) {
            return CompletableFuture.failedStage(new RedisException("there is no connection to Redis yet"));
        }
        try {
            return command.apply(now);
        } catch (RedisException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    /** Runs a script now, whether or not anybody waits for its result. */
    <T> CompletionStage<T> start(RedisScript script, String[] keys, byte[]... arguments) {
        return this.<T>start(redis -> redis.evalsha(script.digest(), script.result(), keys, arguments))
                .exceptionallyCompose(error -> isUnknown(error)
                        ? start(redis -> redis.eval(script.text(), script.result(), keys, arguments))
                        : CompletableFuture.failedStage(error));
    }

    private static boolean isUnknown(Throwable error) {
        return error instanceof RedisNoScriptException || error.getCause() instanceof RedisNoScriptException;
    }

    /** Sends a command, once for each subscription. */
    <T> Mono<T> send(Function<RedisClusterAsyncCommands<String, byte[]>, RedisFuture<T>> command) {
        return Mono.fromCompletionStage(() -> start(command));
    }

    /** Runs a script, once for each subscription. */
    <T> Mono<T> run(RedisScript script, String[] keys, byte[]... arguments) {
        return Mono.fromCompletionStage(() -> this.<T>start(script, keys, arguments));
    }
}
